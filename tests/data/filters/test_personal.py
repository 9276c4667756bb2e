import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban

from acord.data.filters.personal import PLACEHOLDERS, find, mask, masked

LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def dni(number: int) -> str:
    return f"{number:08d}{LETTERS[number % 23]}"


def nie(letter: str, number: int) -> str:
    return f"{letter}{number:07d}" + LETTERS[("XYZ".index(letter) * 10**7 + number) % 23]


def spanish_iban(bank: str, account: str) -> str:
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)

    def control(digits: str) -> str:
        rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        return {10: "1", 11: "0"}.get(rest, str(rest))

    number = bank + control("00" + bank) + control(account) + account
    return f"ES{stdnum_iban.calc_check_digits('ES00' + number)}{number}"


DNI, NIE, IBAN = dni(48273615), nie("Y", 3917264), spanish_iban("20385713", "4902716385")
SPACED = " ".join(IBAN[place : place + 4] for place in range(0, len(IBAN), 4))


def kinds(text: str) -> list[tuple[str, str]]:
    return [(found.kind, text[found.start : found.end]) for found in find(text)]


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        ("Escriu a maria.ferrer@correu.cat, per favor.", "email", "maria.ferrer@correu.cat"),
        ("<p.soler+web@mail.uni.es>", "email", "p.soler+web@mail.uni.es"),
        ("Mail:joan@proveidor.com.", "email", "joan@proveidor.com"),
        ("Call me: 637 49 28 16", "telephone", "637 49 28 16"),
        ("96-391-47-28", "telephone", None),
        ("al 96 391 47 28 o", "telephone", "96 391 47 28"),
        ("637-492-816, matins", "telephone", "637-492-816"),
        ("El meu telèfon és 637492816.", "telephone", "637492816"),
        ("Mi número: 637.492.816", "telephone", "637.492.816"),
        ("637 492 816 (mòbil)", "telephone", "637 492 816"),
        ("Pepa Mira\n637 492 816\nGata", "telephone", "637 492 816"),
        ("+34 637 492 816", "telephone", "+34 637 492 816"),
        ("(+34) 963 91 47 28", "telephone", None),
        ("0034637492816", "telephone", "0034637492816"),
        ("+44 20 7946 1234 or so", "telephone", "+44 20 7946 1234"),
        ("+33 6 12 93 48 57", "telephone", "+33 6 12 93 48 57"),
        ("+34 637492816 12 euros", "telephone", "+34 637492816"),
        ("Ring (212) 736-4918 now", "telephone", "(212) 736-4918"),
        ("at 212-736-4918", "telephone", "212-736-4918"),
        (f"DNI {DNI}", "dni", DNI),
        (f"dni {DNI.lower()}, signat", "dni", DNI.lower()),
        (f"{DNI[:2]}.{DNI[2:5]}.{DNI[5:8]}-{DNI[8]}", "dni", None),
        (f"{DNI[:8]} {DNI[8]}", "dni", None),
        (f"NIE {NIE}.", "nie", NIE),
        (f"{NIE[0]}-{NIE[1:8]}-{NIE[8]}", "nie", None),
        (f"Compte {IBAN}.", "iban", IBAN),
        (f"Compte {SPACED} BIC ABCD", "iban", SPACED),
        (SPACED.replace(" ", "-"), "iban", None),
        (SPACED.replace(" ", "."), "iban", None),
    ],
)
def test_personal_data_is_found_however_it_is_written(text: str, kind: str, data: str | None) -> None:
    found = kinds(text)
    assert [one[0] for one in found] == [kind]
    assert data is None or found[0][1] == data


@pytest.mark.parametrize(
    "text",
    [
        "637 492 816 habitants", "637492816 km", "la suma de 612.392.745 i 3", "637 492 816 + 5", "x = 637492816",
        "637.492.816,40 euros", "$637 492 816", "From 1987 to 2019", "2023-05-17 12:30:45", "978-84-376-0494-7",
        "637492816abc", "id_637492816", "#637492816", "1/637492816", "0.637492816", "192.168.100.200",
        "RR 00278/2021 de 12 febrer", "Product 8412345-678901", "16 78 21 34 56 78",
        "112", "016", "Crida al 012 o al 024", "900 300 555", "tel. 902 18 34 92", "tel. 600 000 000",
        "tel. 666 666 666", "tel. 612 345 678", "(212) 555-0142", "1-800-273-8255",
        "info@example.com", "ana@exemple.cat", "pepe@ejemplo.es", "x@y.test", "git@github.com:a/b.git",
        "noreply@botiga.com", "@app.route('/')", "w@x.transpose", "a @ b", "http://ana@servidor.com/",
        "48273615A", "12345678Z", "00000000T", "X0000000T", "ES12 2038 5713 4902 7163 8512 34",
        "covid19 pandemic has spread",
        f"ref-{DNI}", f"{DNI}8", "",
    ],
)  # fmt: skip
def test_sums_codes_samples_and_public_numbers_are_not(text: str) -> None:
    assert kinds(text) == []


def test_masking_puts_one_placeholder_a_kind_and_counts() -> None:
    text = f"Sóc {DNI}, {NIE}: ana@correu.cat, 637 49 28 16, {SPACED}; ana@correu.cat"
    result = masked(text)
    assert result.text == "Sóc [DNI], [NIE]: [EMAIL], [PHONE], [IBAN]; [EMAIL]"
    assert result.counts == {"dni": 1, "nie": 1, "email": 2, "telephone": 1, "iban": 1}
    assert set(result.counts) == set(PLACEHOLDERS)


def test_what_a_placeholder_sets_free_is_masked_too() -> None:
    """After more digits, the number looks like a part of them."""
    assert kinds(f"{IBAN} 637 49 28 16") == [("iban", IBAN)]
    assert mask(f"{IBAN} 637 49 28 16") == "[IBAN] [PHONE]"


def test_a_placeholder_is_no_word_that_speaks_of_telephones() -> None:
    assert mask("637492816; 637 49 28 16") == "637492816; [PHONE]"


PIECES = [DNI, NIE, IBAN, SPACED, "ana@correu.cat", "637 49 28 16", "637492816", "tel ", "+34", "00", " ", "-", ".",
          "@", "[", "(", ")", "\n", "x", "6", "é", "\ud800"]  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=14).map("".join)))
@example("48273615L.ES9020385713284902716385")
@settings(max_examples=150, deadline=None)
def test_what_is_masked_holds_none_and_nothing_else_changes(text: str) -> None:
    result = masked(text)
    assert find(result.text) == []
    assert mask(result.text) == result.text
    assert (result.text == text) == (not result.counts)
    found = find(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    if sum(result.counts.values()) == len(found) > 0:  # one round: no placeholder set anything free
        assert result.text.startswith(text[: found[0].start])


def test_every_right_number_is_found_and_of_wrong_ones_none() -> None:
    draw = random.Random(5)
    for _ in range(300):
        number = draw.randrange(10**7, 10**8)
        right, wrong = dni(number), f"{number}{LETTERS[(number + 1) % 23]}"
        assert [kind for kind, _ in kinds(f"El {right} firma")] == ["dni"]
        assert kinds(f"El {wrong} firma") == []
    for _ in range(100):
        one = spanish_iban(f"{draw.randrange(10**8):08d}", f"{draw.randrange(10**10):010d}")
        assert kinds(one) == [("iban", one)]
        assert kinds(one[:-1] + str((int(one[-1]) + 1) % 10)) == []
