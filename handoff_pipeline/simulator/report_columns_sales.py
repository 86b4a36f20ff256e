"""The tables of what was sold and billed in HaloPSA's own SQL schema: quotations, orders, invoices, contracts.

The others are in `report_columns`. The one thing to know: an order line's key is the order's number and `OLseq`, not one id
(H: section 3.4).
"""

from __future__ import annotations

from typing import Final, Literal

SqlType = Literal["int", "float", "text", "time", "bit"]
Columns = tuple[tuple[str, SqlType, str], ...]
"""(column, type, field of the row); a field is spelled as in the answers over HTTP, or as `report_tables` adds it."""

SALES: Final[dict[str, Columns]] = {
    "QUOTATIONHEADER": (
        ("QHid", "int", "id"),
        ("QHfaultID", "int", "ticket_id"),
        ("QHstatus", "int", "status"),
        ("QHtitle", "text", "title"),
        ("QHDate", "time", "date"),
        ("QHExpiryDate", "time", "expiry_date"),
        ("QHApprovalState", "int", "approvalstate"),
        ("QHApprovalDateTime", "time", "approvaldatetime"),
        ("QHapprovername", "text", "approvalname"),
        ("QHapproveremail", "text", "approvalemailaddress"),
        ("qhlastupdatetime", "time", "last_update_time"),
        ("qhassignedunum", "int", "assigned_agent"),
        ("QHcurrencycode", "int", "currency_code"),
        ("QHcurrencyConversionRate", "float", "currency_conversion_rate"),
        ("qhoriginalrevisedfromid", "int", "original_revised_from_id"),
    ),
    "QUOTATIONDETAIL": (
        ("QDid", "int", "id"),
        ("QDQHid", "int", "qhid"),
        ("QDsortseq", "int", "sort_seq"),
        ("QDDesc", "text", "name"),
        ("QDItemid", "int", "item_id"),
        ("QDQuantity", "float", "quantity"),
        ("QDPrice", "float", "price"),
        ("QDCostPrice", "float", "costprice"),
        ("QDDiscount", "float", "discount_perc"),
        ("QDTax", "float", "tax"),
        ("QDBillingPeriod", "int", "billingperiod"),
        ("qdOptional", "bit", "optional"),
        ("QDIsGroupDesc", "bit", "isgroupdesc"),
        ("QDapprovalStatus", "int", "approval_status"),
    ),
    "ORDERHEAD": (
        ("OHid", "int", "id"),
        ("OHfaultid", "int", "ticket_id"),
        ("OHQHID", "int", "quotation_id"),
        ("OHstatus", "int", "status"),
        ("OHtitle", "text", "title"),
        ("OHorderdate", "time", "date"),
        ("ohlastupdatetime", "time", "last_update_time"),
        ("OHsitenum", "int", "site_id"),
        ("OHcurrencycode", "int", "currency_code"),
    ),
    "ORDERLINE": (
        ("OLid", "int", "salesorder_id"),
        ("OLseq", "int", "id"),
        ("OLsortseq", "int", "sort_seq"),
        ("OLDesc", "text", "name"),
        ("OLitem", "int", "item_id"),
        ("OLorderqty", "float", "quantity"),
        ("OLSellingPrice", "float", "price"),
        ("OLCostPrice", "float", "costprice"),
        ("OLBillingPeriod", "int", "billingperiod"),
        ("OLQuoteLineID", "int", "quotation_line_id"),
        ("OLProjectFaultid", "int", "project_id"),
        ("OLIsGroupDesc", "bit", "isgroupdesc"),
    ),
    "INVOICEHEADER": (
        ("IHid", "int", "id"),
        ("IHaarea", "int", "client_id"),
        ("IHInvoiceNumber", "text", "invoicenumber"),
        ("IHPosted", "bit", "posted"),
        ("IHInvoice_Date", "time", "invoice_date"),
        ("IHDatePosted", "time", "dateposted"),
        ("IHLast_Modified", "time", "last_modified"),
        ("IHOHid", "int", "salesorder_id"),
    ),
    "INVOICEDETAIL": (
        ("IDid", "int", "id"),
        ("IdIHid", "int", "ihid"),
        ("IDItem_ShortDescription", "text", "item_shortdescription"),
        ("IDQty_Order", "float", "qty_order"),
        ("IDUnit_Price", "float", "unit_price"),
        ("IDNet_Amount", "float", "net_amount"),
        ("IDFaultid", "int", "ticket_id"),
    ),
    "CONTRACTHEADER": (
        ("CHid", "int", "id"),
        ("CHarea", "int", "client_id"),
        ("CHcontractRef", "text", "ref"),
        ("CHstartdate", "time", "start_date"),
        ("CHenddate", "time", "end_date"),
        ("CHstatus", "int", "status"),
    ),
}
