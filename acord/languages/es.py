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
    # Evaluation
    "evaluate_model": "{model} en el conjunto {suite}",
    "evaluate_progress": "{model}: {done} de {total}  {task}: {values}; quedan unos {left}",
    "evaluate_chosen": "{run}: los pares reservados eligen el paso {step} ({accuracy:.1%} de {pairs} pares); "
    "el conjunto no interviene",
    "evaluate_failed": "{task} ha fallado: {reason}",
    "evaluate_failures": "estas filas no tienen valor porque sus tareas han fallado: {rows}",
    "evaluate_imported": "{rows} de {of} filas encontradas, {unmatched} resultados no corresponden a ninguna; "
    "sin verificar: {file}",
    "evaluate_summary": "{rows} filas, {models} modelos; {missing} filas sin datos",
    "compare_files": "Tablas e imágenes: {folder}",
    # Tables and pictures of a comparison
    "table_title": "Evaluación: {suite}",
    "table_caption": "{language} (filas: {rows})",
    "table_dataset": "Conjunto de datos",
    "table_task": "Tarea",
    "table_metric": "Métrica",
    "table_shots": "Ejemplos",
    "table_template": "Plantilla",
    "table_template_chat": "de chat",
    "table_template_none": "ninguna",
    "table_template_turn": "turno fijado",
    "table_items": "Ítems",
    "table_chance": "Azar",
    "table_constant": "Respuesta constante",
    "table_effect": "Efecto del alineamiento",
    "table_detectable": "Diferencia detectable",
    "table_mean": "Media normalizada (filas: {rows})",
    "table_stderr": "{model}, error estándar",
    "table_language": "Lengua",
    "table_missing": "n/d",
    "table_notes": "Notas",
    "table_differences": "Diferencias",
    "table_difference_heads": "fila|primero|segundo|primero menos segundo|95 % inferior|95 % superior|p|p tras "
    "Holm|ítems|prueba|se sostiene",
    "table_yes": "sí",
    "table_no": "no: no distinguible",
    "legend_best": "Negrita: mejor que todos los demás modelos en una prueba pareada sobre los mismos ítems, tras la "
    "corrección de Holm sobre las {tests} pruebas del conjunto.",
    "legend_undecided": "{sign} no distinguible: el mejor valor de la fila, u otro cuya diferencia con él no está "
    "demostrada.",
    "legend_tied": "{sign} empate: exactamente el mismo valor.",
    "legend_untested": "{sign} el mejor valor, pero no puede comprobarse frente a todos los demás modelos: el motivo "
    "está en la nota.",
    "legend_degenerate": "{sign} degenerado: nada indica que las respuestas dependan de los ítems; nunca en negrita.",
    "legend_unverified": "{sign} medido por otros e importado: sin verificar.",
    "legend_lower": "{sign} cuanto más bajo, mejor.",
    "legend_error": "±: error estándar, agrupado cuando los ítems comparten un pasaje.",
    "legend_constant": "Respuesta constante: la puntuación de una misma respuesta para todos los ítems.",
    "legend_detectable": "Diferencia detectable: la menor diferencia real que la fila mostraría con una potencia del "
    "80 % al nivel del 5 %, antes de la corrección.",
    "legend_effect": "Efecto del alineamiento: {after} menos {before}, con su intervalo del 95 %; en negrita si se "
    "sostiene tras la corrección.",
    "legend_mean": "Media normalizada: sobre las filas de la lengua en las que todos los modelos tienen valor; 0 es el "
    "azar y 1 la puntuación perfecta; si una fila no indica el nivel del azar, cuenta el cero de su escala. Con su "
    "intervalo del 95 %; no se somete a prueba.",
    "note_not_measured": "no se ha medido",
    "note_measured_otherwise": "se ha medido de otra manera: {how}",
    "note_template": "{model}: se ha medido con la plantilla «{template}»",
    "note_no_items": "{a} y {b} no se comprueban: los ítems de uno de los dos no se han conservado o no pueden "
    "remuestrearse",
    "note_no_shared_items": "{a} y {b} no se comprueban: no comparten ningún documento",
    "note_too_few_items": "{a} y {b} no se comprueban: demasiado pocos ítems",
    "note_left_out": "{a} y {b} se comparan en los documentos que ambos han contestado; se excluyen {count}",
    "note_mean_left_out": "fuera de la media: {rows}",
    "note_mean_no_interval": "{model}: sin intervalo, porque no se han conservado los ítems de algunas filas",
    "forest_title": "{focus} frente a otros modelos: {suite}",
    "forest_effect": "{before} (efecto del alineamiento)",
    "forest_axis": "Diferencia en puntos entre el azar (0) y la puntuación perfecta (100), con su intervalo del 95 %; "
    "a la derecha, {focus} es mejor",
    "forest_stands": "relleno: la diferencia se sostiene tras la corrección de Holm",
    "forest_mean": "media de la lengua",
    "forest_nothing": "no hay diferencias que dibujar",
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
    "plan_suite": "Batería {suite}: {rows} filas",
    "plan_fetch": "se descargará",
    "plan_unavailable": "no disponible",
    # What of a suite can be measured here
    "availability_fetch": "{data} se descargará del hub",
    "availability_metric": "la métrica {detail} de la tarea {task} se descargará del hub",
    "availability_own_code": "la tarea {task} carga los datos con código propio",
    "availability_no_task": "lm-evaluation-harness no tiene ninguna tarea {task}",
    "availability_broken_task": "la tarea {task} no se puede leer: {detail}",
    "availability_no_file": "no se ha encontrado el fichero {detail}",
    "availability_hub_off": "{data} no está en la caché y el hub está desactivado",
    "availability_hub_unreachable": "{data} no está en la caché y no se puede acceder al hub",
    "availability_asked_each_time": "se lee de la red cada vez, aunque ya se haya descargado: {data}; "
    "una tarea propia puede leer una copia local",
    "availability_no_metric": "la tarea {task} acaba con la métrica {detail}, cuyo código no está aquí; con conexión, "
    "basta descargarlo una vez: python -c 'import evaluate; evaluate.load(\"{detail}\")'",
    "availability_rows": "{what}: para {rows}",
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
