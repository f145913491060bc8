"""All that a Django app needs of Belfry: copy this file."""

import json
from urllib.request import Request, urlopen

from django.conf import settings
from django.http import JsonResponse


def whoami(request):
    """What Belfry asks (BELFRY_AUTH_URL) with the cookies of whoever opens the bell."""
    if not request.user.is_authenticated:
        return JsonResponse({"user_id": None}, status=401)
    return JsonResponse({"user_id": str(request.user.pk)})


def notify(user, category, title, **more):
    """Rings the bell of a user. Call it after the commit: transaction.on_commit(lambda: notify(…))."""
    body = {"to": str(user.pk), "category": category, "title": title, **more}
    headers = {"Authorization": "Bearer " + settings.BELFRY_API_KEY, "Content-Type": "application/json"}
    request = Request(settings.BELFRY_URL + "/api/v1/notifications/", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=5) as answer:
        return json.load(answer)
