"""Valencian. Standards have no code of its own for it: the tag va is ca-valencia in metadata and on pages."""

from acord.languages.language import Language

TEXTS = {
    # Running stages
    "stage_reused": "es reutilitza",
    "stage_waits": "{stage}: un altre procés ho està construint en {folder}; s'espera que acabe",
    "stage_rebuilt": "{stage}: {folder} està danyat ({reason}); es torna a construir",
    "stopped": "aturat; les etapes acabades es conserven i la mateixa ordre continua a partir d'elles",
    "pairs_summary": "{pairs} parells de {rows} files ({used} usades, {dropped} descartades)",
    "base_summary": "{parameters} paràmetres, un vocabulari de {vocabulary}",
    "plan_summary": "{steps} passos sobre {pairs} parells, {held_out} reservats; "
    "{distinct} tokens distints equivalen a {unshared}",
    "plan_refused": "{refused} parells rebutjats",
    "reference_summary": "{pairs} parells puntuats pel model base",
    "align_summary": "pèrdua de {first:.4f} a {last:.4f} en {steps} passos",
    "align_accuracy": "encert en els parells reservats del {before:.1%} al {after:.1%} ({pairs} parells)",
    # Plan
    "plan_stages": "Etapes",
    "plan_sources": "Fonts",
    "plan_values": "Valors",
    "plan_reused": "es reutilitza",
    "plan_build": "per construir",
    "plan_unknown": "per construir (encara falta alguna cosa que necessita)",
    "plan_present": "present",
    "plan_missing": "no hi és",
    "plan_not_fetched": "encara sense descarregar",
    "plan_rows": "{rows} files",
    "plan_one_row": "1 fila",
    "plan_inferred": "inferit: {reason}",
    # What a run left
    "result_model": "model",
    "result_metrics": "mètriques",
    "result_manifest": "manifest",
    "result_pairs": "parells",
    "result_dropped": "files descartades",
    "result_accuracy": "encert en els parells reservats",
    "result_accuracy_value": "{before:.1%} abans, {after:.1%} després ({pairs} parells)",
    "result_loss": "pèrdua",
    "result_loss_value": "{first:.4f} en el primer pas, {last:.4f} en l'últim",
    # Demo
    "demo_answers": "El model alineat respon:",
    "demo_honest": "La seua base té pesos aleatoris i un vocabulari diminut, de manera que el que diu és soroll: la "
    "demostració ensenya el camí de les dades al model, no un bon model.",
    "demo_next": "Per a continuar:",
    "demo_no_answer": "(una resposta buida)",
    # Chat
    "chat_cut": "la resposta s'ha tallat als {limit} tokens; un --max-new-tokens més alt li dona més espai",
    "chat_empty": "el model ha tancat el seu torn de seguida: la resposta està buida",
}

VALENCIAN = Language(
    tag="va",
    bcp47="ca-valencia",
    locales=("ca", "va"),
    names={"en": "Valencian", "es": "valenciano", "va": "valencià"},
    decimal=",",
    thousands=".",
    texts=TEXTS,
)
