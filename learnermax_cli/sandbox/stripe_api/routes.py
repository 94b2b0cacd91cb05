"""The table of endpoints; a new resource is a file of handlers and its lines here."""

from stripe.params import (
    AccountRetrieveCurrentParams,
    AccountRetrieveParams,
    PriceCreateParams,
    PriceListParams,
    PriceRetrieveParams,
    PriceUpdateParams,
    ProductCreateParams,
    ProductDeleteParams,
    ProductListParams,
    ProductRetrieveParams,
    ProductUpdateParams,
)

from learnermax_cli.sandbox.stripe_api.resources import accounts, prices, products
from learnermax_cli.sandbox.stripe_api.routing import Route

ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/account", AccountRetrieveCurrentParams, accounts.retrieve_current, "account"),
    Route("GET", "/v1/accounts/{id}", AccountRetrieveParams, accounts.retrieve, "account"),
    Route("POST", "/v1/products", ProductCreateParams, products.create, "product"),
    Route("GET", "/v1/products", ProductListParams, products.list_products, "product", is_list=True),
    Route("GET", "/v1/products/{id}", ProductRetrieveParams, products.retrieve, "product"),
    Route("POST", "/v1/products/{id}", ProductUpdateParams, products.update, "product"),
    Route("DELETE", "/v1/products/{id}", ProductDeleteParams, products.delete, "product"),
    Route("POST", "/v1/prices", PriceCreateParams, prices.create, "price"),
    Route("GET", "/v1/prices", PriceListParams, prices.list_prices, "price", is_list=True),
    Route("GET", "/v1/prices/{id}", PriceRetrieveParams, prices.retrieve, "price"),
    Route("POST", "/v1/prices/{id}", PriceUpdateParams, prices.update, "price"),
)
