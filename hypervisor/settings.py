"""Every setting of Vigie, in one file; what a site may change comes from the environment (docs/settings.md)."""

import re
from pathlib import Path

from csp.constants import NONCE

from hypervisor import embedded, env
from hypervisor.serving import bounds

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = re.search(r"^## (\d\S*)", (BASE_DIR / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[1]

DEBUG = env.boolean("VIGIE_DEBUG")
DATA = env.path("VIGIE_DATA", BASE_DIR / ".data")
SECRET_KEY = env.text("VIGIE_SECRET_KEY", "unsafe-key-for-development-only" if DEBUG else "")
ALLOWED_HOSTS = env.words("VIGIE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("VIGIE_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "assets",
    "journal",
    "alarms",
    "commands",
    "reports",
    "passages",
    "response",
    "hypervisor",
]

MIDDLEWARE = [
    "hypervisor.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "hypervisor.headers.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "hypervisor.unavailable.UnavailableMiddleware",
    "hypervisor.language.LanguageMiddleware",
    "hypervisor.refused.RefusedMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hypervisor.refusal_log.RefusalLogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "hypervisor.urls"
CSRF_FAILURE_VIEW = "hypervisor.pages.refusals.cross_site"
ASGI_APPLICATION = "hypervisor.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hypervisor.pages.frame.frame",
            ],
        },
    },
]

# --- engines ---

DATABASE_URL = env.text("DATABASE_URL") or embedded.database_url(DATA)
REDIS_URL = env.text("REDIS_URL") or embedded.redis_url(DATA)

DATABASES = {"default": {**env.database(DATABASE_URL), "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}}
DATABASES["default"]["OPTIONS"].setdefault("application_name", "vigie")
# A row of an alarm joins fifteen tables, each to the one alarm. In which order makes no difference, but to look for the best
# order of eight at a time took PostgreSQL 70 ms where the rows themselves took 2.
DATABASES["default"]["OPTIONS"]["options"] = " ".join(
    [*DATABASES["default"]["OPTIONS"].get("options", "").split(), "-c", "join_collapse_limit=4"]
)

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "vigie"},
    },
}

# One Redis serves the log, the layer, the tasks and the cache: a site that runs one control room needs no second engine.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ROUTES = {
    **{
        name: {"queue": "long"}
        for name in (
            "alarms.tasks.run_backtest",
            "assets.tasks.compare_import",
            "hypervisor.change_sets.carry_out_import",
            "hypervisor.tasks.mail_report",
        )
    },
    "commands.tasks.*": {"queue": "commands"},
}
"""What takes minutes waits for a worker of its own, so that pulls and deadlines never wait for it; and commands wait for
nothing."""
CELERY_BEAT_SCHEDULER = "hypervisor.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "pull-due-feeds": {"task": "assets.tasks.pull_due_feeds", "schedule": 1.0, "options": {"expires": 5}},
    "clear-sessions": {"task": "hypervisor.tasks.clear_sessions", "schedule": 86400.0, "options": {"expires": 3600}},
    "close-chunks": {"task": "assets.tasks.close_chunks", "schedule": 60.0, "options": {"expires": 50}},
    "drop-expired-readings": {"task": "assets.tasks.drop_expired_readings", "schedule": 3600.0, "options": {"expires": 3000}},
    "drop-old-uploads": {"task": "assets.tasks.drop_old_uploads", "schedule": 3600.0, "options": {"expires": 3000}},
    "end-lost-imports": {"task": "assets.tasks.end_lost_imports", "schedule": 600.0, "options": {"expires": 500}},
    "forget-people": {"task": "alarms.tasks.forget_people", "schedule": 3600.0, "options": {"expires": 3000}},
    "refresh-profiles": {"task": "alarms.tasks.refresh_profiles", "schedule": 60.0, "options": {"expires": 50}},
    "sweep-commands": {"task": "commands.tasks.sweep", "schedule": 1.0, "options": {"expires": 2}},
    "sweep-backtests": {"task": "alarms.tasks.sweep_backtests", "schedule": 60.0, "options": {"expires": 50}},
    "erase-plates": {"task": "passages.tasks.erase_plates", "schedule": 60.0, "options": {"expires": 50}},
    "pull-permits": {"task": "passages.tasks.pull_permits", "schedule": 10.0, "options": {"expires": 9}},
    "sweep-passages": {"task": "passages.tasks.sweep_passages", "schedule": 1.0, "options": {"expires": 3}},
    "sweep-sirens": {"task": "response.tasks.sweep_sirens", "schedule": 2.0, "options": {"expires": 4}},
    "sweep-orders": {"task": "response.tasks.sweep_orders", "schedule": 2.0, "options": {"expires": 4}},
    "sweep-entity-messages": {
        "task": "response.tasks.sweep_entity_messages",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "sweep-notifications": {"task": "response.tasks.sweep_notifications", "schedule": 1.0, "options": {"expires": 2}},
    "review-notification": {"task": "response.tasks.review_notification", "schedule": 3600.0, "options": {"expires": 600}},
    "receive-sms": {"task": "hypervisor.tasks.receive_sms", "schedule": 15.0, "options": {"expires": 12}},
    "sweep-duty": {"task": "response.tasks.sweep_duty", "schedule": 5.0, "options": {"expires": 8}},
    "sweep-runs": {"task": "response.tasks.sweep_runs", "schedule": 2.0, "options": {"expires": 4}},
    "sweep-report-mails": {"task": "hypervisor.tasks.sweep_report_mails", "schedule": 60.0, "options": {"expires": 50}},
    "pack-days": {"task": "reports.tasks.pack_days", "schedule": 60.0, "options": {"expires": 50}},
    "sweep-deadlines": {"task": "alarms.tasks.sweep_deadlines", "schedule": 2.0, "options": {"expires": 4}},
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "vigie",
        "OPTIONS": {"serializer": "hypervisor.cached.Plain"},
    },
}

# --- the site's choices ---

LOG_MAX_ENTRIES = env.integer("VIGIE_LOG_MAX_ENTRIES", 4_000)
"""Batches a site's stream may hold unread before push answers 503 and MQTT stops acknowledging."""
LOG_MAX_BYTES = env.integer("VIGIE_LOG_MAX_MB", 256) * 1024 * 1024
"""Packed bytes of these batches, likewise; Valkey's `maxmemory` must be well above it."""
RETENTION_DAYS = env.integer("VIGIE_RETENTION_DAYS", 30)
MINUTES_RETENTION_DAYS = env.integer("VIGIE_MINUTES_RETENTION_DAYS", 1825)
ALLOW_PRIVATE_PULL = env.boolean("VIGIE_ALLOW_PRIVATE_PULL")
"""Whether feeds may pull from private, loopback or link-local addresses at all; each feed must ask for it too;
and whether webhooks may reach them."""
NOUNS = {
    "alarm": "alarms.noun.AlarmNoun",
    "incident": "alarms.incidents.noun.IncidentNoun",
    "command": "commands.nouns.CommandNoun",
    "override": "commands.nouns.OverrideNoun",
    "scenario_run": "commands.nouns.ScenarioRunNoun",
    "passage": "passages.nouns.PassageNoun",
    "permit": "passages.nouns.PermitNoun",
    "run": "response.procedures.noun.RunNoun",
    "note": "response.daylog.noun.NoteNoun",
    "work_order": "response.orders.noun.WorkOrderNoun",
    "entity_message": "response.entities.noun.EntityMessageNoun",
    "holding": "response.duty.noun.HoldingNoun",
    "handover": "response.handover.noun.HandOverNoun",
    "instruction": "response.instructions.noun.InstructionNoun",
}
"""What lines of the journal may be about, and what the room of each offers of it (`journal/nouns.py`); one that sums up others
comes after them."""
FOLLOWERS = [
    "reports.annunciations.of_site",
    "journal.webhooks.delivery.of_site",
    "alarms.publication.of_site",
    "commands.events.of_site",
    "commands.reactions.of_site",
    "passages.events.of_site",
    "response.orders.events.of_site",
    "response.notification.following.of_site",
    "response.notification.announcing.of_site",
    "response.notification.events.of_site",
    "response.duty.events.of_site",
    "response.entities.events.of_site",
    "response.siren.events.of_site",
]
"""What follows the journal: functions that name the followers of a site."""
SUBSCRIBERS = [
    "assets.feeds.ways.subscriber.Subscriber",
    "passages.subscribing.Subscriber",
    "commands.delivery.listening.Subscriber",
]
"""What listens to MQTT brokers, in one process: classes whose `run` takes the event that ends it."""
LOCKOUTS = ["alarms.maintenance.lockouts.of_assets"]
"""What keeps an asset from being commanded: functions that say of assets why people locked them out, and until when."""
INCIDENT_KEEPERS = ["response.procedures.runs.kept_open"]
"""What keeps an incident from closing while its alarms are over: functions of rooms above, asked by alarms.incidents.keepers."""
ADDRESS = env.text("VIGIE_ADDRESS").rstrip("/")
"""Where people reach Vigie, as https://vigie.ville.fr: links in messages lead there. None: messages have no link."""
SECRETS_KEYS = env.words("VIGIE_SECRETS_KEYS")
"""What contacts and gateways are encrypted with; the first encrypts, all decrypt. None: a key derived from SECRET_KEY."""
MQTT_URL = env.text("VIGIE_MQTT_URL")
MQTT_OUT_URL = env.text("VIGIE_MQTT_OUT_URL")
"""The broker that is told of alarms; none: nobody is."""
METRICS_TOKEN = env.text("VIGIE_METRICS_TOKEN")
"""Who may read /metrics from another machine; this machine always may."""
TILE_URL = env.text("VIGIE_TILE_URL")
"""Raster tiles under the site's own streets, as https://tiles.example/{z}/{x}/{y}.png; none by default: the map works offline."""
TILE_ATTRIBUTION = env.text("VIGIE_TILE_ATTRIBUTION")
DOCUMENTATION_URL = env.text("VIGIE_DOCUMENTATION_URL")
"""Where the help of the desk leads: the city's own instructions, or this project's docs/ as it is published there."""
CITY_URL = env.text("VIGIE_CITY_URL", "http://127.0.0.1:8008")
"""Where the pretend city of a demo site listens for scenarios."""

# --- people ---

AUTH_USER_MODEL = "hypervisor.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["hypervisor.passwords.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "hypervisor.sessions"
SESSION_COOKIE_AGE = 12 * 3600
"""Counted from the login: nothing that is done in a session moves its end (hypervisor/sessions.py)."""
PASSWORD_RESET_TIMEOUT = 48 * 3600
"""How long a link to choose a password can be used, once."""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
_HOST_ONLY = "" if DEBUG else "__Host-"  # then no neighbour below the same domain, and no page without TLS, can plant one
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_HOST_ONLY}sessionid", f"{_HOST_ONLY}csrftoken"
BEHIND_PROXY = env.boolean("VIGIE_BEHIND_PROXY")
"""Whether every request comes through a proxy that sets X-Forwarded-Proto and adds to X-Forwarded-For."""
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'", NONCE],
        "img-src": ["'self'", "data:", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    },
}

ADMINISTRATION_POLICY = {
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
"""What /admin/ needs besides: its library evaluates the attributes of its pages. It still loads and sends nothing elsewhere."""

if TILE_URL:
    _tile_host = "/".join(TILE_URL.split("/")[:3])
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append(_tile_host)
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(_tile_host)

# --- language and time: French first; every time is stored in UTC and shown in the site's zone ---

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
FORMAT_MODULE_PATH = ["hypervisor.formats"]
LOCALE_PATHS = [BASE_DIR / "hypervisor" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files: ours, and the libraries npm installed ---

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("lib/maplibre-gl", BASE_DIR / "node_modules" / "maplibre-gl" / "dist"),
    ("lib/plotly", BASE_DIR / "node_modules" / "plotly.js-cartesian-dist-min"),
    ("lib/inter", BASE_DIR / "node_modules" / "@fontsource-variable" / "inter"),
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = bounds.FORM

# --- the public interface ---

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hypervisor.api.session.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["hypervisor.api.render.JSON"],
    "DEFAULT_PARSER_CLASSES": ["hypervisor.api.parse.JSON"],
    "DEFAULT_THROTTLE_CLASSES": ["hypervisor.api.pace.Changes"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hypervisor.api.problems.handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vigie",
    "DESCRIPTION": "Open-source urban hypervisor: feeds in, explained alarms out.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVERS": [],
    "ENUM_NAME_OVERRIDES": {
        "AlarmState": "hypervisor.api.shapes.ALARM_STATES",
        "SeverityEnum": "hypervisor.api.shapes.SEVERITIES",
        "NoteCategory": "hypervisor.api.daylog_shapes.CATEGORIES",
        "ChangeCategory": "hypervisor.api.change_sets.CATEGORIES",
        "ChangeSetState": "hypervisor.api.change_sets.STATES",
        "RuleState": "hypervisor.api.shapes.RULE_STATES",
        "FeedState": "hypervisor.api.shapes.FEED_STATES",
        "IncidentState": "hypervisor.api.incident_shapes.INCIDENT_STATES",
        "CommandState": "hypervisor.api.command_shapes.COMMAND_STATES",
        "CommandReason": "hypervisor.api.command_shapes.COMMAND_REASONS",
        "CommandOrigin": "hypervisor.api.command_shapes.ORIGINS",
        "WorkOrderState": "hypervisor.api.work_order_shapes.ORDER_STATES",
        "WorkOrderMove": "hypervisor.api.work_order_shapes.ORDER_MOVES",
        "WorkOrderEntry": "hypervisor.api.work_order_shapes.ENTRIES",
        "HolidaysOfRegion": "response.orders.terms.HOLIDAYS",
        "HolidayRule": "hypervisor.api.duty_shapes.HOLIDAY_RULES",
        "ExclusionKind": "hypervisor.api.contract_month_shapes.EXCLUSION_KINDS",
        "JudgedNoun": "hypervisor.api.contract_month_shapes.JUDGED",
        "DifferingNoun": "hypervisor.api.contract_month_shapes.DIFFERING",
        "ActorKind": "hypervisor.api.command_shapes.ACTORS",
        "PassageState": "hypervisor.api.passage_shapes.PASSAGE_STATES",
        "PermitState": "hypervisor.api.passage_shapes.PERMIT_STATES",
        "PermitImportState": "hypervisor.api.passage_shapes.IMPORT_STATES",
        "Verdict": "hypervisor.api.passage_shapes.VERDICTS",
        "DecidedVerdict": "hypervisor.api.passage_shapes.DECISIONS",
        "GatePolicy": "hypervisor.api.passage_shapes.POLICIES",
        "Direction": "hypervisor.api.passage_shapes.DIRECTIONS",
        "ReadPhase": "hypervisor.api.passage_shapes.PHASES",
        "PlateMatch": "hypervisor.api.passage_shapes.MATCHES",
        "BarrierState": "hypervisor.api.passage_shapes.BARRIERS",
        "PlateUse": "hypervisor.api.passage_shapes.USES",
        "LegalBasis": "hypervisor.api.passage_shapes.BASES",
        "ReaderSource": "hypervisor.api.passage_shapes.SOURCES",
        "WhyErased": "hypervisor.api.passage_shapes.WHY_ERASED",
        "PassageStep": "hypervisor.api.passage_shapes.STEPS",
        "ProcedureState": "hypervisor.api.procedure_shapes.PROCEDURE_STATES",
        "RunState": "hypervisor.api.procedure_shapes.RUN_STATES",
        "StepState": "hypervisor.api.procedure_shapes.STEP_STATES",
        "StepActKind": "hypervisor.api.procedure_shapes.ACTS",
        "ProcedureKind": "hypervisor.api.procedure_shapes.PROCEDURE_KINDS",
        "StepAudience": "hypervisor.api.procedure_shapes.AUDIENCES",
        "SirenSound": "hypervisor.api.siren_shapes.SIREN_SOUNDS",
        "SirenLamp": "hypervisor.api.siren_shapes.SIREN_LAMPS",
        "EntityMessageKind": "hypervisor.api.entity_shapes.MESSAGE_KINDS",
        "EntityMessageEnding": "hypervisor.api.entity_shapes.MESSAGE_ENDINGS",
        "SenderEnding": "hypervisor.api.entity_shapes.SENDER_ENDINGS",
        "MessageState": "hypervisor.api.notification_shapes.MESSAGE_STATES",
        "ContactMeans": "hypervisor.api.notification_shapes.MEANS",
        "RoleEnum": "hypervisor.models.Role.values",
        "TokenRight": "hypervisor.api.api_tokens.MAY",
        "TokenRole": "hypervisor.api.api_tokens.ROLES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hypervisor.api.schema.add_problems",
        "hypervisor.api.schema.add_feeds",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("VIGIE_LOG_LEVEL", "INFO")},
    "loggers": {"daphne": {"level": "WARNING"}, "django.server": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
