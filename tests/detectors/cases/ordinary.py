"""Words and figures of every day that happen to have an identifier's form."""

SENTENCES = (
    "the car was parked on 12 may and again on 15 jun",
    "van clocked at 30 mph, at 26 mph past the school",
    "PARKED ON 12 MAY 2025, VEHICLE SEEN BY 12 MEN",
    "the driver came back in 20 min with the keeper",
    "give me 10 6ft panels for the car park and me 12 2yr olds for the picnic",
    "so 20 5ft posts, so 10 2hr slots",
    "le 12 3 de la rue, la 7 5 de mayo",
    "he ca11ed at the depot, nobody carne",
    "direct debit BACS DD 15TH of the month",
    "dont @ me. write a grown up email",
)

THINGS = (
    "Re-order: HP 912XL for the printer",
    "VAT reg no. GB 417 0082 23, vehicle wraps in RAL 6002",
    "Ambulance CAD 210 and CEO 118 waited in the van",
    "elec 02079 460123 kWh since the install",
    "gas boiler checked, Gas Safe no. 51124",
    "door 1000 clear, gate 1805 mm, second door 2100 high",
    "demo tag 00-04-A3-00-00-00 from the leaflet",
    "asset,imei\nT-0441,356938035643809",
    "openssl 3.0.13 -> 3.0.15; kernel 5.15.0.118",
    "2025-02-11 08:02:19 WARN lookup id=NHS-STAFF-ZONE result=ok\n2025-02-11 08:06:52 FATAL disk",
    "return qualifies && feature; // see reg 3 SI 1992/554",
    "4. RM 4 FASTING, KEEP PLATE TILL 1912",
    "PW: She's new here, says the template.",
    "sandbox: 4111 1111 1111 1111 for success, 4000 0000 0000 0002 for decline",
)

OFFICES = (
    "Letterhead check: Civic Centre, 1 Market Square, BN11 1AA; Depot, Unit 7",
    "Magistrates' Court, Palace Avenue, Maidstone, ME15 6LL",
    "mash@eastmere.example, never with names; council tax: rates@eastmere.example",
)

PLACEHOLDERS = (
    "db_password: REPLACE-AT-DEPLOY",
    '"secret":"@Microsoft.KeyVault(SecretUri=<uri>)"',
    "ADMIN_PIN=0000 # placeholder",
    "SECRET_KEY = 'django-insecure-replace-me'",
    "password=@@VAULT@@",
    "SECRET_KEY_BASE=insert-64-hex-here",
    "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
    "wifi_psk: !vault |",
    "x-api-key: abcdef-EXAMPLE-123456",
    "don't use Password1, Qwerty123! or the name of your cat",
    "https://docs.example/webhooks/getting-started-2024-guide",
)
