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
    # Evaluation
    "evaluate_model": "{model} en el conjunt {suite}",
    "evaluate_progress": "{model}: {done} de {total}  {task}: {values}; queden uns {left}",
    "evaluate_chosen": "{run}: els parells reservats trien el pas {step} ({accuracy:.1%} de {pairs} parells); "
    "el conjunt no hi intervé",
    "evaluate_failed": "{task} ha fallat: {reason}",
    "evaluate_failures": "estes files no tenen valor perquè les tasques han fallat: {rows}",
    "evaluate_imported": "{rows} de {of} files trobades, {unmatched} resultats no corresponen a cap; "
    "sense verificar: {file}",
    "evaluate_summary": "{rows} files, {models} models; {missing} files sense dades",
    "compare_files": "Taules i imatges: {folder}",
    # Tables and pictures of a comparison
    "table_title": "Avaluació: {suite}",
    "table_caption": "{language} (files: {rows})",
    "table_dataset": "Conjunt de dades",
    "table_task": "Tasca",
    "table_metric": "Mètrica",
    "table_shots": "Exemples",
    "table_template": "Plantilla",
    "table_template_chat": "de xat",
    "table_template_none": "cap",
    "table_template_turn": "torn fixat",
    "table_items": "Ítems",
    "table_chance": "Atzar",
    "table_constant": "Resposta constant",
    "table_effect": "Efecte de l'alineament",
    "table_detectable": "Diferència detectable",
    "table_mean": "Mitjana normalitzada (files: {rows})",
    "table_stderr": "{model}, error estàndard",
    "table_language": "Llengua",
    "table_missing": "n/d",
    "table_notes": "Notes i llegenda",
    "table_differences": "Diferències",
    "table_difference_heads": "fila|primer|segon|primer menys segon|95 % inferior|95 % superior|p|p després de "
    "Holm|ítems|prova|se sosté",
    "table_yes": "sí",
    "table_no": "no: no distingible",
    "legend_best": "Negreta: millor que tots els altres models en una prova aparellada sobre els mateixos ítems, "
    "després de la correcció de Holm sobre les {tests} proves del conjunt.",
    "legend_undecided": "{sign} no distingible: el millor valor de la fila, o un altre que no se'n diferencia de "
    "manera demostrada.",
    "legend_tied": "{sign} empat: exactament el mateix valor.",
    "legend_untested": "{sign} el millor valor, però no es pot comprovar davant de tots els altres models: el motiu és "
    "en la nota.",
    "legend_degenerate": "{sign} degenerat: res no indica que les respostes depenguen dels ítems; mai en negreta.",
    "legend_unverified": "{sign} mesurat per altres i importat: sense verificar.",
    "legend_lower": "{sign} com més baix, millor.",
    "legend_error": "±: error estàndard, agrupat quan els ítems comparteixen un passatge.",
    "legend_constant": "Resposta constant: la puntuació d'una mateixa resposta per a tots els ítems.",
    "legend_detectable": "Diferència detectable: la diferència real més menuda que la fila mostraria amb una potència "
    "del 80 % al nivell del 5 %, abans de la correcció.",
    "legend_effect": "Efecte de l'alineament: {after} menys {before}, amb el seu interval del 95 %; en negreta si se "
    "sosté després de la correcció.",
    "legend_mean": "Mitjana normalitzada: sobre les files de la llengua en què tots els models tenen valor; 0 és "
    "l'atzar i 1 la puntuació perfecta; si una fila no indica el nivell de l'atzar, hi compta el zero de la seua "
    "escala. Amb el seu interval del 95 %; no se sotmet a cap prova.",
    "note_not_measured": "no s'ha mesurat",
    "note_measured_otherwise": "s'ha mesurat d'una altra manera: {how}",
    "note_template": "{model}: s'ha mesurat amb la plantilla «{template}»",
    "note_no_items": "{a} i {b} no es comproven: els ítems d'un dels dos no s'han conservat o no "
    "es poden tornar a mostrejar",
    "note_no_shared_items": "{a} i {b} no es comproven: no comparteixen cap document",
    "note_too_few_items": "{a} i {b} no es comproven: massa pocs ítems",
    "note_left_out": "{a} i {b} es comparen en els documents que han contestat tots dos; se n'exclouen {count}",
    "note_mean_left_out": "fora de la mitjana: {rows}",
    "note_mean_no_interval": "{model}: sense interval, perquè no s'han conservat els ítems d'algunes files",
    "forest_title": "{focus} davant d'altres models: {suite}",
    "forest_effect": "{before} (efecte de l'alineament)",
    "forest_axis": "Diferència en punts entre l'atzar (0) i la puntuació perfecta (100), amb l'interval del 95 %; a la "
    "dreta, {focus} és millor",
    "forest_stands": "ple: la diferència se sosté després de la correcció de Holm",
    "forest_mean": "mitjana de la llengua",
    "forest_nothing": "no hi ha diferències per a dibuixar",
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
    "plan_suite": "Bateria {suite}: {rows} files",
    "plan_fetch": "es descarregarà",
    "plan_unavailable": "no disponible",
    # What of a suite can be measured here
    "availability_fetch": "{data} es descarregarà del hub",
    "availability_metric": "la mètrica {detail} de la tasca {task} es descarregarà del hub",
    "availability_own_code": "la tasca {task} carrega les dades amb codi propi",
    "availability_no_task": "lm-evaluation-harness no té cap tasca {task}",
    "availability_broken_task": "la tasca {task} no es pot llegir: {detail}",
    "availability_no_file": "no s'ha trobat el fitxer {detail}",
    "availability_hub_off": "{data} no és en la memòria cau i el hub està desactivat",
    "availability_hub_unreachable": "{data} no és en la memòria cau i no es pot accedir al hub",
    "availability_asked_each_time": "es llig de la xarxa cada vegada, encara que ja s'haja descarregat: {data}; "
    "una tasca pròpia pot llegir-ne una còpia local",
    "availability_no_metric": "la tasca {task} acaba amb la mètrica {detail}, el codi de la qual no és ací; amb "
    "connexió, n'hi ha prou de descarregar-lo una vegada: python -c 'import evaluate; evaluate.load(\"{detail}\")'",
    "availability_rows": "{what}: per a {rows}",
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
