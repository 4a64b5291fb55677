<?php

$url = sprintf('https://gateway.ixopay.com/api/v3/transaction/%s/debit', getenv('API_KEY'));
$auth = base64_encode(getenv('USERNAME') . ':' . getenv('PASSWORD'));
$payload = json_encode([
    'merchantTransactionId' => 'your-unique-identifier',
    'description' => 'Purchase description shown on credit card statement.',
    'amount' => '9.99',
    'currency' => 'EUR',
    'successUrl' => 'https://shop.example.org/checkout/success',
    'cancelUrl' => 'https://shop.example.org/checkout/cancelled',
    'errorUrl' => 'https://shop.example.org/checkout/error',
    'callbackUrl' => 'https://api.example.org/callback',
]);

$curl = curl_init($url);
curl_setopt($curl, CURLOPT_POST, true);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
curl_setopt($curl, CURLOPT_POSTFIELDS, $payload);
curl_setopt($curl, CURLOPT_HTTPHEADER, [
    'Content-Type: application/json',
    'Accept: application/json',
    "Authorization: Basic {$auth}",
]);

echo curl_exec($curl);
