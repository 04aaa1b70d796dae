"""In: links of the result log. Out: the operator's product inventory told of them (TMF637).

`queue.queue_link` notes in the log's own database what is to be told, `send.send_due` tells it
product by product; `document.merged` decides which characteristics change and leaves all others."""
