"""Spanish."""

from acord.languages.language import Language

TEXTS = {
    # Running stages
    "stage_reused": "se reutiliza",
    "stage_waits": "{stage}: otro proceso lo está construyendo en {folder}; se espera a que termine",
    "stage_rebuilt": "{stage}: {folder} está dañado ({reason}); se construye de nuevo",
    "stopped": "detenido; las etapas acabadas se conservan y la misma orden continúa a partir de ellas",
    "pairs_summary": "{pairs} pares de {rows} filas ({used} usadas, {dropped} descartadas)",
    "base_summary": "{parameters} parámetros, un vocabulario de {vocabulary}",
    "plan_summary": "{steps} pasos sobre {pairs} pares, {held_out} reservados; "
    "{distinct} tokens distintos equivalen a {unshared}",
    "plan_refused": "{refused} pares rechazados",
    "reference_summary": "{pairs} pares puntuados por el modelo base",
    "align_summary": "pérdida de {first:.4f} a {last:.4f} en {steps} pasos",
    "align_accuracy": "acierto en los pares reservados del {before:.1%} al {after:.1%} ({pairs} pares)",
    # Plan
    "plan_stages": "Etapas",
    "plan_sources": "Fuentes",
    "plan_values": "Valores",
    "plan_reused": "se reutiliza",
    "plan_build": "por construir",
    "plan_unknown": "por construir (aún falta algo que necesita)",
    "plan_present": "presente",
    "plan_missing": "no está",
    "plan_not_fetched": "aún sin descargar",
    "plan_rows": "{rows} filas",
    "plan_one_row": "1 fila",
    "plan_inferred": "inferido: {reason}",
    # What a run left
    "result_model": "modelo",
    "result_metrics": "métricas",
    "result_manifest": "manifiesto",
    "result_pairs": "pares",
    "result_dropped": "filas descartadas",
    "result_accuracy": "acierto en los pares reservados",
    "result_accuracy_value": "{before:.1%} antes, {after:.1%} después ({pairs} pares)",
    "result_loss": "pérdida",
    "result_loss_value": "{first:.4f} en el primer paso, {last:.4f} en el último",
    # Demo
    "demo_answers": "El modelo alineado responde:",
    "demo_honest": "Su base tiene pesos aleatorios y un vocabulario diminuto, así que lo que dice es ruido: la "
    "demostración enseña el camino de los datos al modelo, no un buen modelo.",
    "demo_next": "Para seguir:",
    "demo_no_answer": "(una respuesta vacía)",
    # Chat
    "chat_cut": "la respuesta se ha cortado a los {limit} tokens; un --max-new-tokens mayor le da más espacio",
    "chat_empty": "el modelo ha cerrado su turno enseguida: la respuesta está vacía",
}

SPANISH = Language(
    tag="es",
    bcp47="es",
    locales=("es",),
    names={"en": "Spanish", "es": "español", "va": "espanyol"},
    decimal=",",
    thousands=".",
    texts=TEXTS,
)
