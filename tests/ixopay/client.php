<?php
// IXOPAY's PHP client (packagist: ixopay/ixopay-php-client) against an address, one call a run:
//
//   php client.php FOLDER BASE MERCHANT KEY SECRET CALL      with the call's arguments as a JSON object on standard input
//
// FOLDER holds the client's `src`; BASE is the gateway's address with /ixopay. It prints one line of JSON, and ends with an
// error where the client threw.

[, $folder, $base, $merchant, $key, $secret, $call] = $argv;
$given = json_decode(stream_get_contents(STDIN), true) ?: [];

spl_autoload_register(function (string $class) use ($folder): void {
    $path = "$folder/src/" . str_replace('\\', '/', substr($class, strlen('Ixopay\\Client\\'))) . '.php';
    if (str_starts_with($class, 'Ixopay\\Client\\') && is_file($path)) {
        require $path;
    }
});

// It logs by PSR-3, and nobody listens here: the names are enough.
if (!class_exists('Psr\\Log\\LogLevel')) {
    eval('namespace Psr\Log; interface LoggerInterface {} class LogLevel {
        const EMERGENCY = "emergency", ALERT = "alert", CRITICAL = "critical", ERROR = "error", WARNING = "warning";
        const NOTICE = "notice", INFO = "info", DEBUG = "debug"; }');
}

use Ixopay\Client\Client;
use Ixopay\Client\Http\CurlClient;
use Ixopay\Client\StatusApi\StatusRequestData;
use Ixopay\Client\Transaction\Debit;
use Ixopay\Client\Transaction\Refund;

Client::setApiUrl("$base/");
$client = new Client($merchant, $key, $merchant, $secret);

function told(object $result): array
{
    return [
        'success' => $result->isSuccess(), 'returnType' => $result->getReturnType(), 'uuid' => $result->getUuid(),
        'redirectUrl' => $result->getRedirectUrl(), 'error' => $result->getFirstError()?->getCode(),
    ];
}

$answer = match ($call) {
    'debit' => told($client->debit((new Debit())
        ->setMerchantTransactionId($given['id'])->setAmount($given['amount'])->setCurrency($given['currency'])
        ->setSuccessUrl($given['successUrl'])->setCancelUrl($given['cancelUrl'])->setErrorUrl($given['errorUrl'])
        ->setCallbackUrl($given['callbackUrl'])->setDescription('Order 7'))),
    'refund' => told($client->refund((new Refund())
        ->setMerchantTransactionId($given['id'])->setReferenceUuid($given['of'])->setAmount($given['amount'])
        ->setCurrency($given['currency']))),
    'status' => (function () use ($client, $given): array {
        $status = $client->sendStatusRequest((new StatusRequestData())->setUuid($given['uuid']));
        return [
            'success' => $status->isSuccess(), 'status' => $status->getTransactionStatus(),
            'id' => $status->getMerchantTransactionId(), 'amount' => $status->getAmount(),
        ];
    })(),
    'callback' => (function () use ($client, $given): array {
        $read = $client->readCallback($given['body']);
        $valid = fn(string $body) => $client->validateCallback($body, $given['target'], $given['date'], $given['signature']);
        return [
            'valid' => $valid($given['body']), 'altered' => $valid($given['body'] . ' '), 'result' => $read->getResult(),
            'id' => $read->getMerchantTransactionId(), 'uuid' => $read->getUuid(),
        ];
    })(),
};
echo json_encode($answer), "\n";
