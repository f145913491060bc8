"""The shop of examples/django, with what a test must choose, SimpleJWT, and a hand to do what an admin does."""

import json
import os

from shop.settings import *  # noqa: F403

SECRET_KEY = os.environ["SITE_SECRET_KEY"]
SESSION_ENGINE = os.environ["SITE_SESSION_ENGINE"]
DATABASES = {"default": json.loads(os.environ["SITE_DATABASE"])}
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = INSTALLED_APPS + ["rest_framework", "people"]  # noqa: F405
AUTH_USER_MODEL = os.environ.get("SITE_USER_MODEL", "auth.User")
SESSION_COOKIE_AGE = 3600
