<?php

// A merchant's callback endpoint in plain PHP: step 2, and step 3's update of the payment's state.
//
//   STATES=states.json php -S 127.0.0.1:3000 receiver.php

function updatePayment(string $payment, string $state): void
{
    $path = getenv('STATES');
    $states = is_file($path) ? json_decode(file_get_contents($path), true) : [];
    $states[$payment] = $state;
    file_put_contents($path, json_encode($states));
}

$data = json_decode(file_get_contents('php://input'), true);

switch ($data['result']) {
    case 'OK':
        updatePayment($data['merchantTransactionId'], 'paid');
        break;
    case 'PENDING':
        updatePayment($data['merchantTransactionId'], 'pending');
        break;
    case 'ERROR':
        updatePayment($data['merchantTransactionId'], 'failed: ' . $data['message']);
        break;
}

http_response_code(200);
echo 'OK';
