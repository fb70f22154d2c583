<?php
// Submit an image, then wait for its result with long-polling.
//   usage: php long-poll.php photo.jpg cutout.png
$api = getenv('API') ?: 'http://localhost:3000';
[, $photo, $cutout] = $argv;

/** Exits with the reason of the service. */
function refuse(string $body): never {
    $problem = json_decode($body);
    fwrite(STDERR, trim("$problem->title " . ($problem->detail ?? '')) . "\n");
    exit(1);
}

function call(string $url, array $http): array {
    $http += ['ignore_errors' => true, 'timeout' => 90];
    $body = file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($body === false) exit(1);
    return [(int) explode(' ', $http_response_header[0])[1], $body];
}

[$status, $body] = call("$api/v1/jobs", [
    'method' => 'POST',
    'header' => 'Content-Type: application/octet-stream',
    'content' => file_get_contents($photo),
]);
if ($status !== 202) refuse($body);
$job = json_decode($body);

do {
    [$status, $body] = call("$api/v1/jobs/$job->id/result?wait=30", [
        'header' => "Authorization: Bearer $job->token",
    ]);
} while ($status === 202); // not finished: repeat

if ($status !== 200) refuse($body);
file_put_contents($cutout, $body);
