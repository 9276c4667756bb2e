"""What `vllm serve` is to a run: a judge's server as a process, on a port that it is given, with a key."""

import argparse
import os
import sys
import time

from tests.judge.judge_server import JudgeServer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--broken", action="store_true")
    asked = parser.parse_args()
    if asked.broken:
        sys.exit("ValueError: the model does not fit into memory")
    time.sleep(0.3)  # loading
    with JudgeServer(port=asked.port) as server:
        assert os.environ["VLLM_API_KEY"]
        while server.url:
            time.sleep(60)


if __name__ == "__main__":
    main()
