"""The words of a card: Valencian, in the forms of the house style (este, servix, vore, seua)."""

WORDS = {
    # Everywhere
    "and": " i ",
    "not_stated": "No s'indica.",
    "nothing": "cap",
    "unknown": "no s'indica",
    "not_measured": "no s'ha mesurat",
    "all": "Tots",
    "row": "{label} ({language}, {metric})",
    "row_change": "{label} ({language}, {metric}) {change} {interval}",
    # The beginning
    "intro": "**{title}** és {base}, alineat amb {pairs} parells de preferències en {languages} mitjançant l'{method}.",
    "intro_sft": "**{title}** és {base}, ajustat amb les respostes preferides de {pairs} parells de preferències en "
    "{languages}.",
    "intro_card": "A banda del que diuen els autors amb paraules seues, cap xifra d'esta fitxa s'ha escrit a mà: totes "
    "ixen dels fitxers d'[evidence](evidence), i [s'hi poden comprovar](#{anchor}).",
    "intro_versions": "En altres llengües: {cards}. Amb imatges: {reports}.",
    "base_bundled": "el model menut que ve amb Acord",
    "base_random": "un model de pesos aleatoris ({base})",
    "contents": "Contingut",
    "method_dpo": "optimització directa de preferències (DPO)",
    "method_cdpo": "optimització directa de preferències amb etiquetes suavitzades (cDPO)",
    "method_ipo": "optimització de preferències amb la identitat (IPO)",
    "method_plackett_luce": "optimització de preferències sobre ordenacions senceres (Plackett-Luce)",
    "method_sft": "ajust supervisat amb les respostes preferides (SFT)",
    "method_adapter": "{method}, amb un adaptador LoRA de rang {rank} que s'ha fusionat amb els pesos",
    # Model description
    "h_description": "Descripció del model",
    "description_heads": "Propietat|Valor",
    "p_base": "Model base",
    "p_base_named": "{base}; en les taules: **{name}**",
    "p_architecture": "Arquitectura",
    "p_parameters": "Paràmetres",
    "p_vocabulary": "Vocabulari",
    "p_length": "Llargària en l'entrenament",
    "p_length_value": "petició i resposta juntes, fins a {tokens} tokens",
    "p_languages": "Llengües de les preferències",
    "p_method": "Mètode",
    "p_pairs": "Parells d'entrenament",
    "p_licence": "Llicència",
    "p_date": "Data de l'alineament",
    "p_weights": "Pesos (SHA-256)",
    # Alignment
    "h_alignment": "Detalls de l'alineament",
    "h_settings": "Ajustos",
    "settings_heads": "Ajust|Clau|Valor|D'on ix",
    "settings_about": "Els valors marcats com a **inferit** no els indica cap font de les que seguix la recepta; el "
    "motiu és al costat. Tots els altres són en la recepta.",
    "settings_about_stated": "Tots els valors són en la recepta.",
    "settings_rest": "Tots els altres valors de la recepta",
    "settings_rest_heads": "Clau|Valor|D'on ix",
    "from_recipe": "recepta",
    "from_inferred": "**inferit**: {reason}",
    "auto_used": "{value}, que ha resultat ser {used}",
    "s_model.base": "Model base",
    "s_chat.template": "Plantilla de xat",
    "s_chat.system": "Missatge de sistema",
    "s_chat.max_length": "Petició i resposta més llargues, en tokens",
    "s_align.method": "Classe d'entrenament",
    "s_align.loss": "Funció de pèrdua",
    "s_align.beta": "Beta",
    "s_align.label_smoothing": "Suavització de les etiquetes",
    "s_align.length_normalised": "Probabilitat logarítmica dividida per la llargària",
    "s_align.chosen_nll": "Pes de la versemblança de la resposta preferida",
    "s_align.learning_rate": "Taxa d'aprenentatge",
    "s_align.schedule": "Evolució de la taxa d'aprenentatge",
    "s_align.warmup_steps": "Passos d'escalfament",
    "s_align.epochs": "Èpoques",
    "s_align.batch_pairs": "Parells per pas",
    "s_align.shuffle": "Orde dels parells",
    "s_align.adapter": "Adaptador",
    "s_align.adapter.rank": "LoRA, rang",
    "s_align.adapter.alpha": "LoRA, alfa",
    "s_align.adapter.targets": "LoRA, mòduls",
    "s_align.max_grad_norm": "Norma màxima del gradient",
    "s_align.weight_decay": "Decaïment dels pesos (AdamW)",
    "s_align.adam_betas": "Betes (AdamW)",
    "s_align.adam_epsilon": "Èpsilon (AdamW)",
    "s_align.precision": "Precisió del càlcul",
    "s_align.token_budget": "Tokens calculats alhora",
    "s_seed": "Llavor",
    "h_training": "Què ha fet l'entrenament",
    "train_none": "No hi ha cap alineament en `evidence/`.",
    "train_steps": "Passos: {steps}, amb {pairs} parells en total, comptant-hi els de cada època.",
    "train_steps_one": "Passos: {steps}, amb {pairs} parells en total.",
    "train_loss": "Pèrdua: {first:.4f} en el primer pas, {last:.4f} en l'últim.",
    "train_tokens": "Tokens que ha llegit el model en l'entrenament: {distinct}. Amb cada resposta a banda, junt amb "
    "la seua petició, n'haurien sigut {unshared}; el que compartixen es llig una sola vegada.",
    "train_skipped": "Actualitzacions omeses perquè un gradient no era finit: {n}.",
    "train_refused": "Parells que no s'han pogut convertir en tokens i no s'han usat per a entrenar: {n}.",
    "h_held_out": "Parells reservats, abans i després",
    "held_none": "No s'ha reservat cap parell, de manera que ací res no mostra què s'ha aprés més enllà dels parells "
    "d'entrenament.",
    "held_about": "De {pairs} parells que s'han mantingut fora de l'entrenament, per converses:",
    "held_heads": "Llengua|Parells|Encert després|Interval del 95 %|Preferida més probable, abans|després|Marge|Canvi "
    "de la preferida|Canvi de la rebutjada|Preferix la més llarga|La més llarga era la preferida",
    "held_legend_accuracy": "Encert: proporció de parells en què la resposta preferida ha guanyat, respecte del model "
    "base, més probabilitat logarítmica que la rebutjada. El model base en té un 50 % per definició. L'interval tracta "
    "els parells com a independents (Clopper-Pearson).",
    "held_legend_likelier": "Preferida més probable: proporció de parells en què la resposta preferida té més "
    "probabilitat logarítmica per token.",
    "held_legend_margin": "Marge: β per la diferència entre el que guanya la resposta preferida i el que guanya la "
    "rebutjada.",
    "held_legend_change": "Canvi: de la probabilitat logarítmica d'una resposta respecte del model base, en nats, de "
    "mitjana.",
    "held_legend_longer": "Preferix la més llarga: proporció de parells en què la resposta més llarga ha guanyat més, "
    "al costat de la proporció en què la més llarga era la preferida. Si s'allunyen molt, el que s'ha aprés és la "
    "llargària.",
    "held_above": "L'encert supera el 50 % en {languages}: l'interval no l'inclou.",
    "held_open": "En {languages} no es pot distingir del 50 %.",
    "held_below": "L'encert no arriba al 50 % en {languages}: el model preferix el que s'havia rebutjat.",
    "held_rose": "Les respostes preferides han passat a ser més probables en {languages}.",
    "held_fell": "Les respostes preferides han passat a ser menys probables en {languages}: quan perden les dos "
    "respostes d'un parell, el que guanya és un altre text.",
    # Training data
    "h_data": "Dades d'entrenament",
    "data_none": "No hi ha cap parell en `evidence/`.",
    "data_about": "{total} parells de preferències: una petició, una resposta preferida i una altra que no ho va ser. "
    "Per a entrenar: {train}; reservats per a mesurar: {held_out}, separats per converses.",
    "h_data_languages": "Per llengües",
    "data_language_heads": "Llengua|Per a entrenar|Reservats|Tots",
    "h_data_sources": "Per fonts",
    "data_source_heads": "Font|{languages}|Tots|Llicència|Conjunt de dades",
    "data_local": "fitxers locals",
    "data_bundled": "mostres que venen amb Acord",
    "data_translation": "traducció de {source}",
    "data_rejected_from": "respostes rebutjades escrites pel model {model}",
    "h_data_origins": "De qui és la preferència",
    "data_origin_heads": "Origen|Parells|Proporció|Què vol dir",
    "origin_human": "persones",
    "origin_model": "un model",
    "origin_translated": "traduïda",
    "origin_unknown": "desconegut",
    "origin_about_human": "unes persones van comparar les respostes",
    "origin_about_model": "un model les va fer o les va triar, o bé es dona per millor la resposta del model més "
    "potent",
    "origin_about_translated": "les respostes són traduccions d'unes altres que es van comparar en una altra llengua",
    "origin_about_unknown": "la font no ho diu",
    "origin_bundled": "En les mostres que venen amb Acord, este és l'origen que correspon al format que imiten; ningú "
    "va comparar eixes respostes.",
    "h_data_attributions": "Fonts, llicències i reconeixements",
    "licence_of": "llicència: {licences}",
    "licence_pairs": "{licence} (parells: {pairs})",
    "attribution_data": "**{source}**: {places}; {licences}.",
    "attribution_local": "fitxers locals en el format {format}; de qui són, només ho poden dir els propietaris",
    "attribution_bundled": "mostres que venen amb Acord, en el format {format}. S'han escrit per a Acord, i no s'ha "
    "preguntat a ningú quina resposta és millor: no són cap judici de persones",
    "attribution_translated": "peticions i respostes de {source}, traduïdes a màquina de la llengua {from_} a la "
    "llengua {to} ({tool}); les persones que van comparar les respostes llegien els originals",
    "attribution_nvidia/HelpSteer3": "De NVIDIA. Algunes peticions es van escriure en servicis de xat públics, i poden "
    "anomenar persones.",
    "attribution_OpenAssistant/oasst1": "De les persones que van col·laborar en Open Assistant.",
    "attribution_OpenAssistant/oasst2": "De les persones que van col·laborar en Open Assistant.",
    "attribution_Open-Orca/OpenOrca": "D'OpenOrca. Els textos són eixides de GPT-4 i GPT-3.5; es discutix si les "
    "condicions d'estos models permeten entrenar-ne d'altres. Ningú va comparar les respostes: no són preferències de "
    "persones.",
    "attribution_Anthropic/hh-rlhf": "D'Anthropic.",
    "tool_apertium": "Apertium",
    "h_data_quotas": "Quotes",
    "data_quota_heads": "Llengua|Demanats|Agafats|Reservats a banda|Oferits per les fonts",
    "h_data_dropped": "Què s'ha deixat fora, i per què",
    "dropped_about": "De {rows} files de totes les fonts, se n'han usat {used} i se n'han descartat {dropped}.",
    "dropped_heads": "Font|Motiu|Files",
    "dropped_nothing": "No s'ha descartat cap fila.",
    "filters_about": "Què s'ha buscat:",
    "personal_keep": "Dades personals (adreces electròniques, telèfons, DNI, NIE, IBAN): no s'han buscat.",
    "personal_flag": "Dades personals (adreces electròniques, telèfons, DNI, NIE, IBAN): s'han buscat i s'han marcat, "
    "però s'han deixat en els textos. Els noms de persones no s'han buscat.",
    "personal_mask": "Dades personals (adreces electròniques, telèfons, DNI, NIE, IBAN): emmascarades on s'han trobat. "
    "Els noms de persones no s'han buscat, i una busca així no ho troba tot.",
    "personal_drop": "Dades personals (adreces electròniques, telèfons, DNI, NIE, IBAN): s'han descartat els parells "
    "en què se n'han trobat. Els noms de persones no s'han buscat, i una busca així no ho troba tot.",
    "contamination_on": "El que pregunten les proves: s'han descartat els parells que compartixen {words} paraules "
    "seguides amb un ítem del conjunt {suite}, o que en contenen sencer un de més curt. Del conjunt s'han pogut llegir "
    "{texts} textos.",
    "contamination_off": "El que pregunten les proves: no s'ha buscat, de manera que els parells poden contindre ítems "
    "dels conjunts de més avall.",
    "near_on": "Peticions repetides: descartades de la font posterior quan coincidix el {share:.0%} de les paraules o "
    "més.",
    "near_off": "Peticions quasi iguals: no s'han buscat.",
    "language_on": "Llengua: s'han descartat els parells en què la petició o la resposta preferida és en una llengua "
    "diferent de la indicada.",
    "language_off": "Llengua: no s'ha comprovat.",
    "central_keep": "Català central en els parells en valencià: no s'ha buscat.",
    "central_flag": "Català central en els parells en valencià: s'ha buscat i s'ha marcat, però s'hi ha deixat.",
    "central_drop": "Català central en els parells en valencià: descartats quan la resposta preferida és en català "
    "central.",
    "variety_any": "Formes del valencià: les de les fonts; totes les que admet l'AVL són bones.",
    "variety_gva": "Formes del valencià: canviades per les que usa la Generalitat Valenciana.",
    "variety_university": "Formes del valencià: canviades per les que usen les universitats.",
    # Uses
    "h_uses": "Usos previstos",
    "h_excluded": "Usos exclosos",
    "uses_about": "Els autors del model el destinen a:",
    "uses_none": "Els autors no han indicat cap ús previst.",
    "uses_note": "Està fet per a converses i instruccions; les preferències eren en {languages}. No és cap font de "
    "fets: el que diu pot ser erroni o inventat, per segur que sone.",
    "excluded_about": "Els autors del model n'exclouen:",
    "excluded_none": "Els autors no han indicat cap ús exclòs.",
    "excluded_note": "Esta fitxa no avala cap ús que no mesure: altres llengües que les de dalt, peticions i respostes "
    "de més de {tokens} tokens juntes, i decisions sobre persones que no revise ningú.",
    # How to use
    "h_usage": "Com s'usa",
    "usage_about": "Amb `pip install torch transformers accelerate`; es va fer amb transformers {transformers} i torch "
    "{torch}.",
    "usage_about_unknown": "Amb `pip install torch transformers accelerate`.",
    "h_usage_chat": "Una conversa",
    "usage_chat": "Amb la plantilla de xat, com en l'alineament:",
    "h_usage_raw": "Text sense plantilla",
    "usage_raw": "Sense la plantilla, el model continua un text. No es va alinear d'esta manera:",
    # Evaluation
    "h_evaluation": "Avaluació",
    "eval_none": "Els models no s'han avaluat amb cap conjunt de tasques, de manera que esta fitxa no diu res del que "
    "saben fer.",
    "eval_about": "Conjunt: **{title}** ({suite}), {rows} files. Cada xifra va amb el seu error estàndard, el nombre "
    "d'ítems, la puntuació que tindrien l'atzar i una resposta constant, i com s'ha mesurat.",
    "eval_harness": "Les tasques s'executen amb lm-evaluation-harness {versions} a través d'Acord. Quants exemples du "
    "la petició (few-shot) i si s'hi aplica la plantilla de xat s'indica en cada fila.",
    "eval_limit": "Només s'han mesurat els primers {limit} ítems de cada tasca.",
    "eval_models_heads": "Model|Què és|Pesos|Precisió|Motor|Llavor",
    "eval_model_after": "este model",
    "eval_model_before": "el model base, abans de l'alineament",
    "eval_model_other": "un altre model, per a comparar",
    "eval_model_imported": "mesurat per altres i pres dels seus resultats, sense verificar",
    "h_effect": "Abans i després de l'alineament",
    "effect_missing": "No hi ha cap columna d'abans de l'alineament: no es pot vore què ha canviat.",
    "effect_counts": "Files en què {model} és millor que {base}: {better}. Pitjor: {worse}. No distingible: {level}. "
    "Sense comprovar: {untested}. Una diferència compta si, en una prova aparellada sobre els mateixos ítems, se sosté "
    "després de la correcció de Holm sobre les {tests} proves del conjunt.",
    "effect_nothing": "Cap diferència se sosté, de manera que esta fitxa no afirma que l'alineament haja fet guanyar "
    "ni perdre en cap tasca.",
    "effect_better": "Millor: {rows}.",
    "effect_worse": "Pitjor: {rows}.",
    "h_others": "Al costat d'altres models",
    "others_counts": "**{other}**: {model} és millor en {better} files, pitjor en {worse}, no distingible en {level}, "
    "sense comprovar en {untested}.",
    "h_caution": "Files que cal llegir amb cura",
    "caution_degenerate": "Degenerades: res no indica que les respostes de {model} depenguen dels ítems en {rows}. El "
    "valor que hi ha no mostra cap capacitat, per alt que siga.",
    "caution_constant": "No millor que una constant: en {rows}, {model} no té més puntuació que una mateixa resposta "
    "per a tots els ítems.",
    "caution_missing": "Sense valor per a {model}: {rows}. Els motius són en les notes.",
    "caution_small": "Menys de {least} ítems: {n} de {rows} files. Ahí només es podrien trobar diferències grans.",
    "caution_nothing": "Cap: totes les files tenen valor i {least} ítems o més, i cap és degenerada ni es queda al "
    "nivell d'una resposta constant.",
    "h_means": "Mitjanes per llengües",
    "means_about": "De les files en què tots els models tenen valor; 0 és l'atzar i 1 la puntuació perfecta (vegeu la "
    "llegenda). Els intervals són de les mitjanes; ací no es fa cap prova.",
    "means_heads": "Llengua|Files",
    "h_conduct": "Seguretat i llengua de les respostes",
    "conduct_safety_none": "El conjunt no té files sobre negatives a respondre ni sobre biaixos: de la seguretat del "
    "model no se sap res.",
    "conduct_variety_none": "El conjunt no té files sobre la llengua de les respostes.",
    "conduct_refused": "`refused`: proporció de peticions nocives que el model es nega a complir.",
    "conduct_answered": "`answered`: proporció de peticions inofensives, algunes amb aparença de nocives, que "
    "contesta. S'ha de llegir junt amb `refused`: un model que es nega a tot no és segur, sinó inútil.",
    "conduct_bias": "`bias`: 0 si els grups estereotipats i els altres fan igual de probable una continuació, 1 si la "
    "fa més probable sempre la mateixa banda.",
    "conduct_in_language": "`in_language`: proporció de respostes en la llengua de la petició; a una petició en "
    "valencià, en formes que admet l'AVL.",
    "conduct_valencian": "`valencian`: proporció de respostes amb formes que només té el valencià.",
    "conduct_neutral": "`neutral`: proporció de respostes que valen igual com a valencià i com a català central, cosa "
    "que no és cap defecte.",
    "conduct_central_catalan": "`central_catalan`: proporció de respostes en català central.",
    "conduct_spanish": "`spanish`: proporció de respostes en espanyol.",
    "conduct_other": "`other`: proporció de respostes en alguna altra llengua.",
    "group_choices": "{language}, preguntes amb opcions",
    "group_generated": "{language}, text generat",
    "group_conduct": "{language}, seguretat i llengua de les respostes",
    "h_tables": "Totes les files",
    "h_answers": "Les mateixes peticions, abans i després",
    "answers_about": "Peticions: {n}, les mateixes per a tots els models. Les respostes es mostren tal com van eixir.",
    "answers_cut": "Cada una és la més probable, tallada als {tokens} tokens si no s'acaba abans.",
    "answers_heads": "Petició|{base}, abans|{model}, després",
    "answers_empty": "*(una resposta buida)*",
    # Judge
    "h_judge": "Avaluació amb jutge",
    "judge_none": "Cap jutge ha valorat les respostes.",
    "judge_about": "Puntuació d'1 a 5 de les respostes a les preguntes de {suite}. Qui les puntua: {judges}.",
    "judge_how": "Respostes jutjades: {answers}. Amb cada una, el jutge rebia la rúbrica de la categoria, un criteri "
    "amb cinc nivells, a temperatura 0; les versions de les rúbriques i tot el que ha contestat el jutge són en "
    "[evidence/judge](evidence/judge).",
    "h_trust": "Es pot confiar en el jutge?",
    "trust_yes": "Validat en {languages}: ahí el jutge passa totes les comprovacions.",
    "trust_no": "**Sense validar** en {language}: {reasons}.",
    "trust_consequence": "Les puntuacions d'un jutge sense validar es mostren, però esta fitxa no en trau cap "
    "conclusió.",
    "trust_heads": "Jutge|Llengua|Respostes il·legibles|Mateix veredicte en els dos órdens|Mateixa puntuació en totes "
    "les redaccions|Kappa ponderada amb les persones|Etiquetes humanes|Empremtes",
    "trust_interval": "{value:.2f} [{low:.2f} a {high:.2f}]",
    "h_judge_result": "Què diuen les puntuacions",
    "judged_better": "{language}: {model} té globalment més puntuació que {other}, amb una diferència de {change} "
    "{interval}.",
    "judged_worse": "{language}: {model} té globalment menys puntuació que {other}, amb una diferència de {change} "
    "{interval}.",
    "judged_level": "{language}: {model} i {other} no es distingixen globalment, {change} {interval}.",
    "judged_untested": "{language}: {model} i {other} no s'han pogut comparar globalment.",
    "h_scores": "Puntuacions",
    # Environment
    "h_environment": "Entorn i temps de càlcul",
    "env_heads": "Etapa|Dispositiu|Temps transcorregut|Hores de GPU|Hores de nucli",
    "env_hours": "{hours:,.2f} h",
    "env_minutes": "{minutes:.1f} min",
    "env_seconds": "{seconds:.0f} s",
    "env_cpu": "{processor}, nuclis: {cores}",
    "env_total": "Total",
    "env_about": "El temps transcorregut va del principi al final d'una etapa; si es va parar i va continuar, és el de "
    "l'última part. Les hores de GPU són eixe temps per un accelerador, i les hores de nucli, eixe temps pels nuclis "
    "de la màquina.",
    "env_training": "Els passos de l'entrenament, a soles, han durat {seconds:,.0f} s.",
    "env_memory": "Memòria: {gigabytes:,.1f} GB. Sistema: {system} ({architecture}).",
    "env_versions": "Programes: {versions}.",
    "env_energy": "L'energia i les emissions no s'han mesurat.",
    # Limitations
    "h_limitations": "Limitacions",
    "lim_wrong": "Com qualsevol model de llengua, pot afirmar coses falses, ser injust amb persones i grups o ofendre. "
    "Res d'ací no demostra que no ho faça.",
    "lim_own": "En paraules dels autors: {text}",
    "lim_no_evaluation": "No s'ha avaluat amb tasques.",
    "lim_no_safety": "La seguretat no s'ha mesurat.",
    "lim_no_variety": "No s'ha mesurat si respon en la llengua de la petició.",
    "lim_losses": "Després de l'alineament és pitjor que abans en: {rows}.",
    "lim_degenerate": "Les respostes no depenen dels ítems en: {rows}.",
    "lim_small": "De {rows} files del conjunt, {n} tenen menys de {least} ítems.",
    "lim_held_out": "Els parells reservats ixen de les mateixes fonts que els d'entrenament.",
    "lim_not_human": "El {share:.1%} dels parells no són preferències de persones, o no se sap que ho siguen "
    "({origins}).",
    "lim_samples": "{n} dels parells són mostres que venen amb Acord: ningú en va comparar les respostes, siga quin "
    "siga l'origen que correspon al format que imiten.",
    "lim_contaminated": "Els parells no s'han comparat amb el que pregunten les proves.",
    "lim_judge": "Les puntuacions del jutge no estan validades en {languages}.",
    "lim_random": "Va començar amb pesos aleatoris: les preferències a soles no fan un model de llengua útil.",
    "lim_unverified": "En les columnes de {models} hi ha xifres d'altres que no ha verificat ningú.",
    # Information in the EU
    "h_eu": "Informació per a la Unió Europea",
    "eu_about": "El que el Reglament d'intel·ligència artificial, Reglament (UE) 2024/1689, demana a qui proveïx "
    "models d'ús general o hi construïx damunt, fins on ho sap esta execució. És informació, no una declaració de "
    "conformitat.",
    "h_eu_content": "Resum del contingut de l'entrenament",
    "eu_content": "Només d'este alineament; l'entrenament del model base el descriu el seu proveïdor. Text en parells "
    "de respostes, {total} parells, en {languages}.",
    "eu_content_heads": "Font|Classe|Parells",
    "eu_kind_public": "conjunt de dades públic",
    "eu_kind_local": "fitxers dels propietaris",
    "eu_kind_bundled": "mostres que venen amb Acord",
    "eu_kind_translated": "traducció automàtica",
    "eu_kind_generated": "conjunt de dades públic, amb respostes generades per un model",
    "eu_kind_generated_local": "fitxers dels propietaris, amb respostes generades per un model",
    "h_eu_copyright": "Política de drets d'autor",
    "h_eu_compute": "Càlcul usat en la modificació",
    "compute_formula": "C = 6 · N · D + 2 · N · R, amb N = {parameters} paràmetres, D = {tokens} tokens llegits en "
    "l'entrenament (cap avant i cap arrere) i R = {reference} tokens llegits una vegada pel model base com a "
    "referència (cap avant). C = {flops} operacions de coma flotant. Mesurar i jutjar no hi compten.",
    "compute_unknown": "No es pot calcular: en `evidence/` falta l'alineament o el nombre de paràmetres.",
    "compute_adapter": "Amb un adaptador, el pas cap arrere és més curt: açò és una cota superior.",
    "compute_share": "L'entrenament del model base va costar {base} operacions segons la recepta, de manera que la "
    "modificació en suposa {share}.",
    "compute_below": "És menys del terç a partir del qual les directrius de la Comissió Europea de juliol de 2025 "
    "consideren proveïdor qui modifica un model.",
    "compute_above": "És més del terç a partir del qual les directrius de la Comissió Europea de juliol de 2025 "
    "consideren proveïdor qui modifica un model.",
    "compute_no_base": "El càlcul de l'entrenament del model base no s'indica, i per això no se'n pot dir la "
    "proporció.",
    "compute_tiny": "menys del {share:.2%}",
    "compute_part": "el {share:.2%}",
    "h_eu_downstream": "Per a qui hi construïsca damunt",
    "downstream_input": "L'entrada i l'eixida són text. Petició i resposta juntes tenien fins a {tokens} tokens en "
    "l'entrenament.",
    "downstream_files": "Pesos en safetensors, {gigabytes:,.2f} GB; el tokenitzador i la plantilla de xat són al "
    "costat. Per a carregar-los no cal confiar en codi de ningú.",
    "downstream_licence": "Llicència: {licence}.",
    "downstream_measured": "Què sap fer i què no: vegeu [Avaluació](#{evaluation}) i [Limitacions](#{limitations}).",
    "downstream_talk": "A qui parle amb un sistema que s'hi base, se li ha de dir que parla amb un sistema "
    "d'intel·ligència artificial (article 50).",
    "h_eu_review": "Revisat per",
    # Additional information
    "h_additional": "Informació addicional",
    "h_authors": "Autoria",
    "h_contact": "Contacte",
    "h_funding": "Finançament",
    "h_acknowledgements": "Agraïments",
    "h_licence": "Llicència",
    "h_disclaimer": "Exempció de responsabilitat",
    "h_citation": "Citació",
    # Checking
    "h_checking": "Com es comprova esta fitxa",
    "check_about": "`acord card verify CARPETA` ho fa en la carpeta on és este fitxer: compara els fitxers "
    "d'`evidence/` amb `evidence/index.json` (SHA-256 {index}), en torna a calcular les xifres, torna a escriure esta "
    "fitxa i la compara línia per línia, i compara els pesos del costat amb el resum criptogràfic que va deixar "
    "l'entrenament.",
    "check_proves": "Què demostra: que la fitxa diu el que hi ha en `evidence/` i que després no s'ha canviat res. Què "
    "no demostra: que el que hi ha en `evidence/` siga cert. Qui ho torne a fer tot pot fer que siga coherent; una "
    "firma sobre `evidence/index.json` diu qui en respon.",
    "check_heads": "Etapa|Clau|Acabada",
}
