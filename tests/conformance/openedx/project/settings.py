"""Django settings: as little as Open edX's LTI consumer runs with."""

import os
from pathlib import Path

_DATA = Path(os.environ["LTIX_OPENEDX_DATA"])
_BASE = os.environ["LTIX_OPENEDX_URL"]

SECRET_KEY = os.urandom(32).hex()
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "config_models",
    "rest_framework",
    "django_filters",
    "lti_consumer.apps.LTIConsumerApp",
    "campus.apps.CampusConfig",
]
MIDDLEWARE = [
    "campus.requests.taking_down",
    "campus.pages.knowing_who",
    "edx_django_utils.cache.middleware.RequestCacheMiddleware",
    "django.middleware.common.CommonMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _DATA / "lms.sqlite3",
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}

# What the LTI consumer reads.
LMS_ROOT_URL = LTI_API_BASE = LTI_BASE = _BASE
USAGE_ID_PATTERN = r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))"
FEATURES = {}
PLATFORM_NAME = "Practice edX"
SERVICE_VARIANT = "lms"
