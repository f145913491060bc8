from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from .belfry import notify


@login_required
def home(request):
    return render(request, "home.html", {"belfry": settings.BELFRY_PUBLIC_URL})


@login_required
@require_POST
def order(request):
    notify(request.user, "order.placed", "Thank you for your order", body="It leaves tomorrow.", url="/")
    return redirect("/")
