# Appended to the shop's own settings: where it stands, and who is asked to charge a card.
ALLOWED_HOSTS = ["127.0.0.1"]
CSRF_TRUSTED_ORIGINS = ["https://shop.example"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
SHOP_HANDLER_PAYMENT = "acquirer.charge"
