"""Settings: where things are. How things behave is rows in the admin; `manage.py load_defaults` gives first values."""

from pathlib import Path

import django_stubs_ext

from lnrag_site import env, postgres
from lnrag_site.mail import mail_server

django_stubs_ext.monkeypatch()  # lets forms and admins name their model as a type: ModelForm[Strategy]

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("LNRAG_VAR", str(BASE_DIR / "var")))
VERSION = "0.1.0"

# --- Secrets: generated once, mode 0600 -------------------------------------------------------------------------------
SECRET_KEY = env.secret("SECRET_KEY", file=VAR_DIR / "secret_key")
CREDENTIAL_KEY = env.secret("CREDENTIAL_KEY", file=VAR_DIR / "credential_key")

# --- Who may talk to us -----------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = list(env.listing("ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]", "testserver")))
CSRF_TRUSTED_ORIGINS = list(env.listing("CSRF_TRUSTED_ORIGINS"))
BEHIND_TLS = env.flag("BEHIND_TLS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "lnrag_session"
CSRF_COOKIE_NAME = "lnrag_csrf"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- The house --------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_prometheus",
    "django_q",
    "lnrag_site",
    "models_registry",
    "rag",
    "recommendations",
    "feedback",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "lnrag_site.middleware.request_id",
    "lnrag_site.middleware.response_time",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lnrag_site.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lnrag_site.middleware.api_version",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "lnrag_site.urls"
ASGI_APPLICATION = "lnrag_site.asgi.application"
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
                "lnrag_site.context.shell",
            ]
        },
    }
]

# --- Where things are kept --------------------------------------------------------------------------------------------
DATABASES = {"default": postgres.database_settings(url=env.text("DATABASE_URL"), var_dir=VAR_DIR)}
if env.flag("LNRAG_DB_POOL", default=False):  # for the web server only: a pool does not survive the queue's forks
    DATABASES["default"] = postgres.pooled(DATABASES["default"])
DATABASE_DIRECT_URL = env.text("DATABASE_DIRECT_URL")  # past a pooler, whose sessions hold no locks
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "django_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}
WRITE_BEHIND_S = env.decimal("WRITE_BEHIND_S", 0.25, low=0, high=5)  # counts wait for a common write; 0: none waits
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT") or None  # only for collectstatic; files are served from where they lie
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
UPLOAD_DIR = VAR_DIR / "uploads"
MODEL_CACHE_DIR = VAR_DIR / "models"

# --- Signing in -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "sesame.backends.ModelBackend"]
LOGIN_URL = "/signin/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESAME_MAX_AGE = env.integer("SIGN_IN_LINK_SECONDS", 900, low=60)
SESAME_ONE_TIME = True
SESAME_INVALIDATE_ON_PASSWORD_CHANGE = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Programs ---------------------------------------------------------------------------------------------------------
API_VERSION = "2025-10-15"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["models_registry.api.authentication.BearerKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "models_registry.api.permissions.KeyScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["models_registry.api.throttling.RequestLimit"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "lnrag_site.errors.api_exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "lnrag",
    "DESCRIPTION": "Explained, checked and measured advice for Lightning Network node operators.",
    "VERSION": API_VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {"BreakerState": "models_registry.domain.breaker.BreakerState"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "lnrag_site.openapi.require_version"],
}

# --- Seams between floors ---------------------------------------------------------------------------------------------
RAG_CONTEXT_SOURCES = ["recommendations.services.context.NodeContext"]

# --- Alerts by e-mail; unset: none are sent, and their page says so ---------------------------------------------------
_MAIL = mail_server(env.text("EMAIL_URL"))  # smtp+tls://name:password@mail.example.org:587
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.host, _MAIL.port, _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.starts_tls, _MAIL.is_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "lnrag@localhost")

# --- Jobs: first-token timeout < total timeout < queue timeout < queue retry (models_registry/checks.py) --------------
Q_CLUSTER = {
    "name": "lnrag",
    "orm": "default",
    "workers": env.integer("QUEUE_WORKERS", 2, low=1, high=32),
    "timeout": 600,
    "retry": 720,
    "max_attempts": 3,
    "catch_up": False,
    "save_limit": 1000,
    "poll": 1.0,
    "label": "Jobs",
}

# --- First values of rows (manage.py load_defaults never overwrites an edited row) ------------------------------------
# Hosts, and where chat may be answered
LLM_PROVIDER = env.choice("LLM_PROVIDER", "ollama", among=("ollama", "openai", "anthropic"))
OLLAMA_URL = env.web_address(env.name_in_use("OLLAMA_URL", "OLLAMA_BASE_URL"), "http://localhost:11434")
OLLAMA_NUM_PARALLEL = env.integer("OLLAMA_NUM_PARALLEL", 1, low=1, high=1000)
OLLAMA_KEEP_ALIVE = env.lifetime("OLLAMA_KEEP_ALIVE", "30m")
OLLAMA_TIMEOUT = env.seconds("OLLAMA_TIMEOUT", 90)  # until the first token
BATCH_SIZE = env.integer("BATCH_SIZE", 32, low=1, high=256)  # texts in one embedding call
MAX_CONCURRENT_BATCHES = env.integer("MAX_CONCURRENT_BATCHES", 4, low=1, high=64)  # embedding calls at once
# The embedding space beside the built-in one; unset: there is none
EMBED_MODEL = env.model_name("EMBED_MODEL")
EMBED_DIMENSION = env.integer_if_set("EMBED_DIMENSION", low=1, high=4000)  # unset: as wide as the model's vectors are
EMBED_VERSION = env.text("EMBED_VERSION", "2025-10-15")
# Strategies; unset: each kind of question has its own
GEN_MODEL = env.model_name("GEN_MODEL")
GEN_MODEL_FALLBACK = env.model_name("GEN_MODEL_FALLBACK", "llama3:8b-instruct")
GEN_TEMPERATURE = env.number_if_set("GEN_TEMPERATURE", low=0, high=2)
GEN_TOP_P = env.number_if_set("GEN_TOP_P", low=0, high=1)
GEN_MAX_TOKENS = env.integer_if_set("GEN_MAX_TOKENS", low=1, high=131_072)
GEN_NUM_CTX = env.integer_if_set("GEN_NUM_CTX", low=512, high=1_048_576)
# The routing policy
MODEL_ROUTER_ENABLED = env.flag("MODEL_ROUTER_ENABLED", default=True)
MODEL_ROUTER_MAX_COST = env.dollars("MODEL_ROUTER_MAX_COST", "0.05")  # per request
DEFAULT_USER_TIER = env.choice("DEFAULT_USER_TIER", "standard", among=("free", "standard", "premium", "enterprise"))
ENABLE_QUERY_TYPE_DETECTION = env.flag("ENABLE_QUERY_TYPE_DETECTION", default=True)
STREAMING_ENABLED = env.flag("STREAMING_ENABLED", default=True)
# Advice by model: its rollout, and the quality it should have
OLLAMA_OPTIMIZER_ENABLED = env.flag("OLLAMA_OPTIMIZER_ENABLED", default=True)
OLLAMA_OPTIMIZER_PERCENTAGE = env.decimal("OLLAMA_OPTIMIZER_PERCENTAGE", 100, low=0, high=100)
USE_OPTIMIZED_PROMPTS = env.flag("USE_OPTIMIZED_PROMPTS", default=True)  # false: the rollout is off
ENABLE_QUALITY_MONITORING = env.flag("ENABLE_QUALITY_MONITORING", default=True)
MIN_QUALITY_SCORE = env.decimal("MIN_QUALITY_SCORE", 0.70, low=0, high=1)
# The library
RAG_TOPK = env.integer("RAG_TOPK", 8, low=1, high=20)  # passages
RAG_CONFIDENCE_THRESHOLD = env.decimal("RAG_CONFIDENCE_THRESHOLD", 0.35, low=0, high=1)  # of the best cosine
RAG_RERANK_TOP = env.integer("RAG_RERANK_TOP", 0, low=0, high=20)  # passages put first by freshness and trust; 0: none
CACHE_TTL_RETRIEVAL = env.integer("CACHE_TTL_RETRIEVAL", 86_400, low=0, high=31_536_000)  # seconds
CACHE_TTL_EMBED = env.integer("CACHE_TTL_EMBED", 604_800, low=0, high=31_536_000)  # seconds
FETCH_PRIVATE = env.flag("LNRAG_FETCH_PRIVATE", default=False)  # web addresses in the operator's own network
CACHE_TTL_ANSWER = env.integer("CACHE_TTL_ANSWER", 21_600, low=0, high=31_536_000)  # seconds
# Breakers
CIRCUIT_BREAKER_THRESHOLD = env.integer("CIRCUIT_BREAKER_THRESHOLD", 5, low=1, high=1000)  # failures in a row
CIRCUIT_BREAKER_TIMEOUT = env.seconds("CIRCUIT_BREAKER_TIMEOUT", 60)
# The timetable's measuring of applied advice
FEEDBACK_ENABLED = env.flag("FEEDBACK_ENABLED", default=True)
FEEDBACK_MEASURE_AFTER_DAYS = env.integer("FEEDBACK_MEASURE_AFTER_DAYS", 7, low=1, high=90)
# The timetable's warming of popular nodes
CACHE_WARM_ENABLED = env.flag("CACHE_WARM_ENABLED", default=True)
CACHE_WARM_INTERVAL = env.integer("CACHE_WARM_INTERVAL", 3600, low=60)  # seconds
CACHE_WARM_NODES = env.integer(env.name_in_use("CACHE_WARM_NODES", "CACHE_WARM_NODES_COUNT"), 100, low=1)

# --- Language, time, logs ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = "lnrag_site.logging.configure"
LOGGING = {"level": env.text("LOG_LEVEL", "INFO"), "json": env.flag("LOG_JSON", default=True)}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
GRAPH_UPLOAD_MAX_BYTES = env.integer("GRAPH_UPLOAD_MAX_MB", 512, low=1) * 1024 * 1024
UNFOLD = {
    "SITE_TITLE": "lnrag",
    "SITE_HEADER": "lnrag",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_DROPDOWN": [
        {"icon": "settings", "title": "Administration", "link": "/admin/"},
        {"icon": "monitoring", "title": "Usage of models", "link": "/models/usage"},
        {"icon": "home", "title": "Pages", "link": "/"},
    ],
    "COLORS": {"primary": {"500": "#127183", "600": "#0c5d6d", "700": "#0a4a57"}},  # the teal of the pages
}
