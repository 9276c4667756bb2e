"""The words of a card: Spanish."""

WORDS = {
    # Everywhere
    "and": " y ",
    "not_stated": "No se indica.",
    "nothing": "ninguno",
    "unknown": "no se indica",
    "not_measured": "no se ha medido",
    "all": "Todos",
    "row": "{label} ({language}, {metric})",
    "row_change": "{label} ({language}, {metric}) {change} {interval}",
    # The beginning
    "intro": "**{title}** es {base}, alineado con {pairs} pares de preferencias en {languages} mediante la {method}.",
    "intro_sft": "**{title}** es {base}, ajustado con las respuestas preferidas de {pairs} pares de preferencias en "
    "{languages}.",
    "intro_card": "Aparte de lo que dicen sus autores con sus propias palabras, ninguna cifra de esta ficha se ha "
    "escrito a mano: todas salen de los archivos de [evidence](evidence), y [se pueden comprobar con "
    "ellos](#{anchor}).",
    "intro_versions": "En otras lenguas: {cards}. Con imágenes: {reports}.",
    "base_bundled": "el modelo pequeño que viene con Acord",
    "base_random": "un modelo de pesos aleatorios ({base})",
    "contents": "Contenido",
    "method_dpo": "optimización directa de preferencias (DPO)",
    "method_cdpo": "optimización directa de preferencias con etiquetas suavizadas (cDPO)",
    "method_ipo": "optimización de preferencias con la identidad (IPO)",
    "method_plackett_luce": "optimización de preferencias sobre ordenaciones enteras (Plackett-Luce)",
    "method_sft": "ajuste supervisado con las respuestas preferidas (SFT)",
    "method_adapter": "{method}, con un adaptador LoRA de rango {rank} que se ha fusionado con los pesos",
    # Model description
    "h_description": "Descripción del modelo",
    "description_heads": "Propiedad|Valor",
    "p_base": "Modelo base",
    "p_base_named": "{base}; en las tablas: **{name}**",
    "p_architecture": "Arquitectura",
    "p_parameters": "Parámetros",
    "p_vocabulary": "Vocabulario",
    "p_length": "Longitud en el entrenamiento",
    "p_length_value": "petición y respuesta juntas, hasta {tokens} tokens",
    "p_languages": "Lenguas de las preferencias",
    "p_method": "Método",
    "p_pairs": "Pares de entrenamiento",
    "p_licence": "Licencia",
    "p_date": "Fecha del alineamiento",
    "p_weights": "Pesos (SHA-256)",
    # Alignment
    "h_alignment": "Detalles del alineamiento",
    "h_settings": "Ajustes",
    "settings_heads": "Ajuste|Clave|Valor|De dónde sale",
    "settings_about": "Los valores marcados como **inferido** no los indica ninguna fuente de las que sigue la receta; "
    "el motivo está al lado. Todos los demás están en la receta.",
    "settings_about_stated": "Todos los valores están en la receta.",
    "settings_rest": "Todos los demás valores de la receta",
    "settings_rest_heads": "Clave|Valor|De dónde sale",
    "from_recipe": "receta",
    "from_inferred": "**inferido**: {reason}",
    "auto_used": "{value}, que resultó ser {used}",
    "s_model.base": "Modelo base",
    "s_chat.template": "Plantilla de chat",
    "s_chat.system": "Mensaje de sistema",
    "s_chat.max_length": "Petición y respuesta más largas, en tokens",
    "s_align.method": "Clase de entrenamiento",
    "s_align.loss": "Función de pérdida",
    "s_align.beta": "Beta",
    "s_align.label_smoothing": "Suavizado de las etiquetas",
    "s_align.length_normalised": "Probabilidad logarítmica dividida por la longitud",
    "s_align.chosen_nll": "Peso de la verosimilitud de la respuesta preferida",
    "s_align.learning_rate": "Tasa de aprendizaje",
    "s_align.schedule": "Evolución de la tasa de aprendizaje",
    "s_align.warmup_steps": "Pasos de calentamiento",
    "s_align.epochs": "Épocas",
    "s_align.batch_pairs": "Pares por paso",
    "s_align.shuffle": "Orden de los pares",
    "s_align.adapter": "Adaptador",
    "s_align.adapter.rank": "LoRA, rango",
    "s_align.adapter.alpha": "LoRA, alfa",
    "s_align.adapter.targets": "LoRA, módulos",
    "s_align.max_grad_norm": "Norma máxima del gradiente",
    "s_align.weight_decay": "Decaimiento de los pesos (AdamW)",
    "s_align.adam_betas": "Betas (AdamW)",
    "s_align.adam_epsilon": "Épsilon (AdamW)",
    "s_align.precision": "Precisión del cálculo",
    "s_align.token_budget": "Tokens calculados a la vez",
    "s_seed": "Semilla",
    "h_training": "Qué ha hecho el entrenamiento",
    "train_none": "No hay ningún alineamiento en `evidence/`.",
    "train_steps": "Pasos: {steps}, con {pairs} pares en total, contando los de cada época.",
    "train_steps_one": "Pasos: {steps}, con {pairs} pares en total.",
    "train_loss": "Pérdida: {first:.4f} en el primer paso, {last:.4f} en el último.",
    "train_tokens": "Tokens que ha leído el modelo en el entrenamiento: {distinct}. Con cada respuesta aparte, junto "
    "con su petición, habrían sido {unshared}; lo que comparten se lee una sola vez.",
    "train_skipped": "Actualizaciones omitidas porque un gradiente no era finito: {n}.",
    "train_refused": "Pares que no se han podido convertir en tokens y no se han usado para entrenar: {n}.",
    "h_held_out": "Pares reservados, antes y después",
    "held_none": "No se ha reservado ningún par, así que nada muestra aquí qué se ha aprendido más allá de los pares "
    "de entrenamiento.",
    "held_about": "De {pairs} pares que se han mantenido fuera del entrenamiento, por conversaciones:",
    "held_heads": "Lengua|Pares|Acierto después|Intervalo del 95 %|Preferida más probable, antes|después|Margen|Cambio "
    "de la preferida|Cambio de la rechazada|Prefiere la más larga|La más larga era la preferida",
    "held_legend_accuracy": "Acierto: proporción de pares en los que la respuesta preferida ha ganado, respecto al "
    "modelo base, más probabilidad logarítmica que la rechazada. El modelo base tiene un 50 % por definición. El "
    "intervalo trata los pares como independientes (Clopper-Pearson).",
    "held_legend_likelier": "Preferida más probable: proporción de pares en los que la respuesta preferida tiene más "
    "probabilidad logarítmica por token.",
    "held_legend_margin": "Margen: β por la diferencia entre lo que gana la respuesta preferida y lo que gana la "
    "rechazada.",
    "held_legend_change": "Cambio: de la probabilidad logarítmica de una respuesta respecto al modelo base, en nats, "
    "de media.",
    "held_legend_longer": "Prefiere la más larga: proporción de pares en los que la respuesta más larga ha ganado más, "
    "junto a la proporción en la que la más larga era la preferida. Si se alejan mucho, lo que se ha aprendido es la "
    "longitud.",
    "held_above": "El acierto supera el 50 % en {languages}: el intervalo no lo incluye.",
    "held_open": "En {languages} no se puede distinguir del 50 %.",
    "held_below": "El acierto no llega al 50 % en {languages}: el modelo prefiere lo que se había rechazado.",
    "held_rose": "Las respuestas preferidas han pasado a ser más probables en {languages}.",
    "held_fell": "Las respuestas preferidas han pasado a ser menos probables en {languages}: cuando pierden las dos "
    "respuestas de un par, lo que gana es otro texto.",
    # Training data
    "h_data": "Datos de entrenamiento",
    "data_none": "No hay ningún par en `evidence/`.",
    "data_about": "{total} pares de preferencias: una petición, una respuesta preferida y otra que no lo fue. Para "
    "entrenar: {train}; reservados para medir: {held_out}, separados por conversaciones.",
    "h_data_languages": "Por lenguas",
    "data_language_heads": "Lengua|Para entrenar|Reservados|Todos",
    "h_data_sources": "Por fuentes",
    "data_source_heads": "Fuente|{languages}|Todos|Licencia|Conjunto de datos",
    "data_local": "archivos locales",
    "data_bundled": "muestras que vienen con Acord",
    "data_translation": "traducción de {source}",
    "data_rejected_from": "respuestas rechazadas escritas por el modelo {model}",
    "h_data_origins": "De quién es la preferencia",
    "data_origin_heads": "Origen|Pares|Proporción|Qué significa",
    "origin_human": "personas",
    "origin_model": "un modelo",
    "origin_translated": "traducida",
    "origin_unknown": "desconocido",
    "origin_about_human": "unas personas compararon las respuestas",
    "origin_about_model": "un modelo las hizo o las eligió, o bien se da por mejor la respuesta del modelo más potente",
    "origin_about_translated": "las respuestas son traducciones de otras que se compararon en otra lengua",
    "origin_about_unknown": "la fuente no lo dice",
    "origin_bundled": "En las muestras que vienen con Acord, este es el origen que corresponde al formato que imitan; "
    "nadie comparó esas respuestas.",
    "h_data_attributions": "Fuentes, licencias y reconocimientos",
    "licence_of": "licencia: {licences}",
    "licence_pairs": "{licence} (pares: {pairs})",
    "attribution_data": "**{source}**: {places}; {licences}.",
    "attribution_local": "archivos locales en el formato {format}; de quién son, solo lo pueden decir sus dueños",
    "attribution_bundled": "muestras que vienen con Acord, en el formato {format}. Se han escrito para Acord, y no se "
    "ha preguntado a nadie qué respuesta es mejor: no son un juicio de personas",
    "attribution_translated": "peticiones y respuestas de {source}, traducidas a máquina de la lengua {from_} a la "
    "lengua {to} ({tool}); las personas que compararon las respuestas leían los originales",
    "attribution_nvidia/HelpSteer3": "De NVIDIA. Algunas peticiones se escribieron en servicios de chat públicos y "
    "pueden nombrar a personas.",
    "attribution_OpenAssistant/oasst1": "De las personas que colaboraron en Open Assistant.",
    "attribution_OpenAssistant/oasst2": "De las personas que colaboraron en Open Assistant.",
    "attribution_Open-Orca/OpenOrca": "De OpenOrca. Sus textos son salidas de GPT-4 y GPT-3.5; se discute si las "
    "condiciones de estos permiten entrenar otros modelos. Nadie comparó las respuestas: no son preferencias de "
    "personas.",
    "attribution_Anthropic/hh-rlhf": "De Anthropic.",
    "tool_apertium": "Apertium",
    "h_data_quotas": "Cuotas",
    "data_quota_heads": "Lengua|Pedidos|Tomados|Reservados aparte|Ofrecidos por las fuentes",
    "h_data_dropped": "Qué se ha dejado fuera, y por qué",
    "dropped_about": "De {rows} filas de todas las fuentes, se han usado {used} y se han descartado {dropped}.",
    "dropped_heads": "Fuente|Motivo|Filas",
    "dropped_nothing": "No se ha descartado ninguna fila.",
    "filters_about": "Qué se ha buscado:",
    "personal_keep": "Datos personales (direcciones de correo, teléfonos, DNI, NIE, IBAN): no se han buscado.",
    "personal_flag": "Datos personales (direcciones de correo, teléfonos, DNI, NIE, IBAN): se han buscado y se han "
    "marcado, pero se han dejado en los textos. Los nombres de personas no se han buscado.",
    "personal_mask": "Datos personales (direcciones de correo, teléfonos, DNI, NIE, IBAN): enmascarados donde se han "
    "encontrado. Los nombres de personas no se han buscado, y una búsqueda así no lo encuentra todo.",
    "personal_drop": "Datos personales (direcciones de correo, teléfonos, DNI, NIE, IBAN): se han descartado los pares "
    "en los que se han encontrado. Los nombres de personas no se han buscado, y una búsqueda así no lo encuentra todo.",
    "contamination_on": "Lo que preguntan las pruebas: se han descartado los pares que comparten {words} palabras "
    "seguidas con un ítem del conjunto {suite}, o que contienen entero uno más corto. Del conjunto se han podido leer "
    "{texts} textos.",
    "contamination_off": "Lo que preguntan las pruebas: no se ha buscado, así que los pares pueden contener ítems de "
    "los conjuntos de más abajo.",
    "near_on": "Peticiones repetidas: descartadas de la fuente posterior cuando coincide el {share:.0%} de las "
    "palabras o más.",
    "near_off": "Peticiones casi iguales: no se han buscado.",
    "language_on": "Lengua: se han descartado los pares en los que la petición o la respuesta preferida está en una "
    "lengua distinta de la indicada.",
    "language_off": "Lengua: no se ha comprobado.",
    "central_keep": "Catalán central en los pares en valenciano: no se ha buscado.",
    "central_flag": "Catalán central en los pares en valenciano: se ha buscado y se ha marcado, pero se ha dejado.",
    "central_drop": "Catalán central en los pares en valenciano: descartados cuando la respuesta preferida está en "
    "catalán central.",
    "variety_any": "Formas del valenciano: las de las fuentes; todas las que admite la AVL son buenas.",
    "variety_gva": "Formas del valenciano: cambiadas por las que usa la Generalitat Valenciana.",
    "variety_university": "Formas del valenciano: cambiadas por las que usan las universidades.",
    # Uses
    "h_uses": "Usos previstos",
    "h_excluded": "Usos excluidos",
    "uses_about": "Los autores del modelo lo destinan a:",
    "uses_none": "Sus autores no han indicado ningún uso previsto.",
    "uses_note": "Está hecho para conversaciones e instrucciones; las preferencias estaban en {languages}. No es una "
    "fuente de hechos: lo que dice puede ser erróneo o inventado, por seguro que suene.",
    "excluded_about": "Los autores del modelo excluyen:",
    "excluded_none": "Sus autores no han indicado ningún uso excluido.",
    "excluded_note": "Esta ficha no avala ningún uso que no mida: otras lenguas que las de arriba, peticiones y "
    "respuestas de más de {tokens} tokens juntas, y decisiones sobre personas que no revise nadie.",
    # How to use
    "h_usage": "Cómo se usa",
    "usage_about": "Con `pip install torch transformers accelerate`; se hizo con transformers {transformers} y torch "
    "{torch}.",
    "usage_about_unknown": "Con `pip install torch transformers accelerate`.",
    "h_usage_chat": "Una conversación",
    "usage_chat": "Con la plantilla de chat, como en el alineamiento:",
    "h_usage_raw": "Texto sin plantilla",
    "usage_raw": "Sin la plantilla, el modelo continúa un texto. No se alineó de esta manera:",
    # Evaluation
    "h_evaluation": "Evaluación",
    "eval_none": "Los modelos no se han evaluado con ningún conjunto de tareas, así que esta ficha no dice nada de lo "
    "que saben hacer.",
    "eval_about": "Conjunto: **{title}** ({suite}), {rows} filas. Cada cifra va con su error estándar, el número de "
    "ítems, la puntuación que tendrían el azar y una respuesta constante, y cómo se ha medido.",
    "eval_harness": "Las tareas se ejecutan con lm-evaluation-harness {versions} a través de Acord. Cuántos ejemplos "
    "lleva la petición (few-shot) y si se aplica la plantilla de chat se indica en cada fila.",
    "eval_limit": "Solo se han medido los primeros {limit} ítems de cada tarea.",
    "eval_models_heads": "Modelo|Qué es|Pesos|Precisión|Motor|Semilla",
    "eval_model_after": "este modelo",
    "eval_model_before": "el modelo base, antes del alineamiento",
    "eval_model_other": "otro modelo, para comparar",
    "eval_model_imported": "medido por otros y tomado de sus resultados, sin verificar",
    "h_effect": "Antes y después del alineamiento",
    "effect_missing": "No hay ninguna columna de antes del alineamiento: no se puede ver qué ha cambiado.",
    "effect_counts": "Filas en las que {model} es mejor que {base}: {better}. Peor: {worse}. No distinguible: {level}. "
    "Sin comprobar: {untested}. Una diferencia cuenta si, en una prueba pareada sobre los mismos ítems, se sostiene "
    "tras la corrección de Holm sobre las {tests} pruebas del conjunto.",
    "effect_nothing": "Ninguna diferencia se sostiene, así que esta ficha no afirma que el alineamiento haya hecho "
    "ganar ni perder en ninguna tarea.",
    "effect_better": "Mejor: {rows}.",
    "effect_worse": "Peor: {rows}.",
    "h_others": "Junto a otros modelos",
    "others_counts": "**{other}**: {model} es mejor en {better} filas, peor en {worse}, no distinguible en {level}, "
    "sin comprobar en {untested}.",
    "h_caution": "Filas que hay que leer con cuidado",
    "caution_degenerate": "Degeneradas: nada indica que las respuestas de {model} dependan de los ítems en {rows}. El "
    "valor que hay no muestra ninguna capacidad, por alto que sea.",
    "caution_constant": "No mejor que una constante: en {rows}, {model} no tiene más puntuación que una misma "
    "respuesta para todos los ítems.",
    "caution_missing": "Sin valor para {model}: {rows}. Los motivos están en las notas.",
    "caution_small": "Menos de {least} ítems: {n} de {rows} filas. Ahí solo se podrían encontrar diferencias grandes.",
    "caution_nothing": "Ninguna: todas las filas tienen valor y {least} ítems o más, y ninguna es degenerada ni se "
    "queda al nivel de una respuesta constante.",
    "h_means": "Medias por lenguas",
    "means_about": "De las filas en las que todos los modelos tienen valor; 0 es el azar y 1 la puntuación perfecta "
    "(véase la leyenda). Los intervalos son de las medias; aquí no se hace ninguna prueba.",
    "means_heads": "Lengua|Filas",
    "h_conduct": "Seguridad y lengua de las respuestas",
    "conduct_safety_none": "El conjunto no tiene filas sobre negativas a responder ni sobre sesgos: de la seguridad "
    "del modelo no se sabe nada.",
    "conduct_variety_none": "El conjunto no tiene filas sobre la lengua de las respuestas.",
    "conduct_refused": "`refused`: proporción de peticiones dañinas que el modelo se niega a cumplir.",
    "conduct_answered": "`answered`: proporción de peticiones inofensivas, algunas con apariencia de dañinas, que "
    "contesta. Hay que leerlo junto con `refused`: un modelo que se niega a todo no es seguro, sino inútil.",
    "conduct_bias": "`bias`: 0 si los grupos estereotipados y los demás hacen igual de probable una continuación, 1 si "
    "la hace más probable siempre el mismo lado.",
    "conduct_in_language": "`in_language`: proporción de respuestas en la lengua de la petición; a una petición en "
    "valenciano, en formas que admite la AVL.",
    "conduct_valencian": "`valencian`: proporción de respuestas con formas que solo tiene el valenciano.",
    "conduct_neutral": "`neutral`: proporción de respuestas que valen igual como valenciano y como catalán central, lo "
    "que no es un defecto.",
    "conduct_central_catalan": "`central_catalan`: proporción de respuestas en catalán central.",
    "conduct_spanish": "`spanish`: proporción de respuestas en español.",
    "conduct_other": "`other`: proporción de respuestas en alguna otra lengua.",
    "group_choices": "{language}, preguntas con opciones",
    "group_generated": "{language}, texto generado",
    "group_conduct": "{language}, seguridad y lengua de las respuestas",
    "h_tables": "Todas las filas",
    "h_answers": "Las mismas peticiones, antes y después",
    "answers_about": "Peticiones: {n}, las mismas para todos los modelos. Las respuestas se muestran tal como "
    "salieron.",
    "answers_cut": "Cada una es la más probable, cortada a los {tokens} tokens si no se acaba antes.",
    "answers_heads": "Petición|{base}, antes|{model}, después",
    "answers_empty": "*(una respuesta vacía)*",
    # Judge
    "h_judge": "Evaluación con juez",
    "judge_none": "Ningún juez ha valorado las respuestas.",
    "judge_about": "Puntuación de 1 a 5 de las respuestas a las preguntas de {suite}. Quién las puntúa: {judges}.",
    "judge_how": "Respuestas juzgadas: {answers}. Con cada una, el juez recibía la rúbrica de su categoría, un "
    "criterio con cinco niveles, a temperatura 0; las versiones de las rúbricas y todo lo que ha contestado el juez "
    "están en [evidence/judge](evidence/judge).",
    "h_trust": "¿Se puede confiar en el juez?",
    "trust_yes": "Validado en {languages}: ahí el juez pasa todas las comprobaciones.",
    "trust_no": "**Sin validar** en {language}: {reasons}.",
    "trust_consequence": "Las puntuaciones de un juez sin validar se muestran, pero esta ficha no saca de ellas "
    "ninguna conclusión.",
    "trust_heads": "Juez|Lengua|Respuestas ilegibles|Mismo veredicto en los dos órdenes|Misma puntuación en todas las "
    "redacciones|Kappa ponderada con las personas|Etiquetas humanas|Huellas",
    "trust_interval": "{value:.2f} [{low:.2f} a {high:.2f}]",
    "h_judge_result": "Qué dicen las puntuaciones",
    "judged_better": "{language}: {model} tiene globalmente más puntuación que {other}, con una diferencia de {change} "
    "{interval}.",
    "judged_worse": "{language}: {model} tiene globalmente menos puntuación que {other}, con una diferencia de "
    "{change} {interval}.",
    "judged_level": "{language}: {model} y {other} no se distinguen globalmente, {change} {interval}.",
    "judged_untested": "{language}: {model} y {other} no se han podido comparar globalmente.",
    "h_scores": "Puntuaciones",
    # Environment
    "h_environment": "Entorno y tiempo de cálculo",
    "env_heads": "Etapa|Dispositivo|Tiempo transcurrido|Horas de GPU|Horas de núcleo",
    "env_hours": "{hours:,.2f} h",
    "env_minutes": "{minutes:.1f} min",
    "env_seconds": "{seconds:.0f} s",
    "env_cpu": "{processor}, núcleos: {cores}",
    "env_total": "Total",
    "env_about": "El tiempo transcurrido va del principio al final de una etapa; si se paró y continuó, es el de la "
    "última parte. Las horas de GPU son ese tiempo por un acelerador, y las horas de núcleo, ese tiempo por los "
    "núcleos de la máquina.",
    "env_training": "Los pasos del entrenamiento, por sí solos, han durado {seconds:,.0f} s.",
    "env_memory": "Memoria: {gigabytes:,.1f} GB. Sistema: {system} ({architecture}).",
    "env_versions": "Programas: {versions}.",
    "env_energy": "La energía y las emisiones no se han medido.",
    # Limitations
    "h_limitations": "Limitaciones",
    "lim_wrong": "Como cualquier modelo de lenguaje, puede afirmar cosas falsas, ser injusto con personas y grupos u "
    "ofender. Nada de lo que hay aquí demuestra que no lo haga.",
    "lim_own": "En palabras de sus autores: {text}",
    "lim_no_evaluation": "No se ha evaluado con tareas.",
    "lim_no_safety": "Su seguridad no se ha medido.",
    "lim_no_variety": "No se ha medido si responde en la lengua de la petición.",
    "lim_losses": "Después del alineamiento es peor que antes en: {rows}.",
    "lim_degenerate": "Sus respuestas no dependen de los ítems en: {rows}.",
    "lim_small": "De {rows} filas del conjunto, {n} tienen menos de {least} ítems.",
    "lim_held_out": "Los pares reservados salen de las mismas fuentes que los de entrenamiento.",
    "lim_not_human": "El {share:.1%} de los pares no son preferencias de personas, o no se sabe que lo sean "
    "({origins}).",
    "lim_samples": "{n} de los pares son muestras que vienen con Acord: nadie comparó sus respuestas, sea cual sea el "
    "origen que corresponde al formato que imitan.",
    "lim_contaminated": "Los pares no se han comparado con lo que preguntan las pruebas.",
    "lim_judge": "Las puntuaciones del juez no están validadas en {languages}.",
    "lim_random": "Empezó con pesos aleatorios: las preferencias por sí solas no hacen un modelo de lenguaje útil.",
    "lim_unverified": "En las columnas de {models} hay cifras de otros que nadie ha verificado.",
    # Information in the EU
    "h_eu": "Información para la Unión Europea",
    "eu_about": "Lo que el Reglamento de Inteligencia Artificial, Reglamento (UE) 2024/1689, pide a quien provee "
    "modelos de uso general o construye sobre ellos, hasta donde lo sabe esta ejecución. Es información, no una "
    "declaración de conformidad.",
    "h_eu_content": "Resumen del contenido del entrenamiento",
    "eu_content": "Solo de este alineamiento; el entrenamiento del modelo base lo describe su proveedor. Texto en "
    "pares de respuestas, {total} pares, en {languages}.",
    "eu_content_heads": "Fuente|Clase|Pares",
    "eu_kind_public": "conjunto de datos público",
    "eu_kind_local": "archivos de los dueños",
    "eu_kind_bundled": "muestras que vienen con Acord",
    "eu_kind_translated": "traducción automática",
    "eu_kind_generated": "conjunto de datos público, con respuestas generadas por un modelo",
    "eu_kind_generated_local": "archivos de los dueños, con respuestas generadas por un modelo",
    "h_eu_copyright": "Política de derechos de autor",
    "h_eu_compute": "Cálculo usado en la modificación",
    "compute_formula": "C = 6 · N · D + 2 · N · R, con N = {parameters} parámetros, D = {tokens} tokens leídos en el "
    "entrenamiento (hacia delante y hacia atrás) y R = {reference} tokens leídos una vez por el modelo base como "
    "referencia (hacia delante). C = {flops} operaciones de coma flotante. Medir y juzgar no cuentan.",
    "compute_unknown": "No se puede calcular: en `evidence/` falta el alineamiento o el número de parámetros.",
    "compute_adapter": "Con un adaptador, el paso hacia atrás es más corto: esto es una cota superior.",
    "compute_share": "El entrenamiento del modelo base costó {base} operaciones según la receta, de modo que la "
    "modificación supone {share}.",
    "compute_below": "Es menos del tercio a partir del cual las directrices de la Comisión Europea de julio de 2025 "
    "consideran proveedor a quien modifica un modelo.",
    "compute_above": "Es más del tercio a partir del cual las directrices de la Comisión Europea de julio de 2025 "
    "consideran proveedor a quien modifica un modelo.",
    "compute_no_base": "El cálculo del entrenamiento del modelo base no se indica, y por eso no se puede decir la "
    "proporción.",
    "compute_tiny": "menos del {share:.2%}",
    "compute_part": "el {share:.2%}",
    "h_eu_downstream": "Para quien construya sobre él",
    "downstream_input": "La entrada y la salida son texto. Petición y respuesta juntas tenían hasta {tokens} tokens en "
    "el entrenamiento.",
    "downstream_files": "Pesos en safetensors, {gigabytes:,.2f} GB; el tokenizador y la plantilla de chat están al "
    "lado. Para cargarlos no hace falta confiar en código de nadie.",
    "downstream_licence": "Licencia: {licence}.",
    "downstream_measured": "Qué sabe hacer y qué no: véanse [Evaluación](#{evaluation}) y "
    "[Limitaciones](#{limitations}).",
    "downstream_talk": "A quien hable con un sistema basado en él hay que decirle que habla con un sistema de "
    "inteligencia artificial (artículo 50).",
    "h_eu_review": "Revisado por",
    # Additional information
    "h_additional": "Información adicional",
    "h_authors": "Autoría",
    "h_contact": "Contacto",
    "h_funding": "Financiación",
    "h_acknowledgements": "Agradecimientos",
    "h_licence": "Licencia",
    "h_disclaimer": "Exención de responsabilidad",
    "h_citation": "Cita",
    # Checking
    "h_checking": "Cómo se comprueba esta ficha",
    "check_about": "`acord card verify CARPETA` lo hace en la carpeta en la que está este archivo: compara los "
    "archivos de `evidence/` con `evidence/index.json` (SHA-256 {index}), vuelve a calcular con ellos las cifras, "
    "escribe de nuevo esta ficha y la compara línea por línea, y compara los pesos que hay al lado con el resumen "
    "criptográfico que dejó el entrenamiento.",
    "check_proves": "Qué demuestra: que la ficha dice lo que hay en `evidence/` y que después no se ha cambiado nada. "
    "Qué no demuestra: que lo que hay en `evidence/` sea cierto. Quien lo vuelva a hacer todo puede hacer que sea "
    "coherente; una firma sobre `evidence/index.json` dice quién responde de ello.",
    "check_heads": "Etapa|Clave|Acabada",
}
