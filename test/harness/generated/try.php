<?php
// Loads every class of the PHP client that is generated from the OpenAPI document, then cuts out a photo with it.
error_reporting(E_ALL & ~E_DEPRECATED);
[, $client, $server, $photo, $folder] = $argv;

require '/usr/share/php/GuzzleHttp/autoload.php';
// Generator 4.3.1 writes for guzzlehttp/psr7 1, which had this function.
eval('namespace GuzzleHttp\Psr7; function build_query(array $query) { return Query::build($query); }');
spl_autoload_register(function (string $name) use ($client): void {
    $file = $client . '/lib/' . str_replace(['OpenAPI\\Client\\', '\\'], ['', '/'], $name) . '.php';
    if (is_file($file)) {
        require $file;
    }
});

$files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator("$client/lib", FilesystemIterator::SKIP_DOTS));
$count = 0;
foreach ($files as $file) {
    $name = 'OpenAPI\\Client\\' . str_replace('/', '\\', substr($file->getPathname(), strlen("$client/lib/"), -4));
    if (!class_exists($name) && !interface_exists($name)) {
        throw new Exception("$name cannot be loaded");
    }
    $count++;
}
echo "$count classes\n";

$config = (new OpenAPI\Client\Configuration())->setHost($server);
$http = new GuzzleHttp\Client();
$jobs = new OpenAPI\Client\Api\JobsApi($http, $config);
$image = base64_encode(file_get_contents($photo));
$one = (new OpenAPI\Client\Model\SubmitJobBody())->setImage($image);
$file = $jobs->submitJob($one, prefer: 'wait=60');
copy($file->getPathname(), "$folder/job.png");

$batches = new OpenAPI\Client\Api\BatchesApi($http, $config);
$batch = $batches->openBatch();
$config->setAccessToken($batch->getToken());
$other = (new OpenAPI\Client\Model\AddToBatchBody())->setImage($image)->setFormat('webp');
$job = $batches->addToBatch($batch->getId(), $other, custom_id: 'one', format: 'webp');
if ($job->getCustomId() !== 'one') {
    throw new Exception('another custom_id');
}
$batches->closeBatch($batch->getId());
$file = $batches->nextResult($batch->getId(), 60);
copy($file->getPathname(), "$folder/batch.webp");
if ($batches->getBatch($batch->getId())->getCounts()->getDelivered() !== 1) {
    throw new Exception('not delivered');
}

try {
    $jobs->getJob('AAAAAAAAAAAAAAAAAAAAAA');
    throw new Exception('an unknown job has to be refused');
} catch (OpenAPI\Client\ApiException $refusal) {
    if ($refusal->getCode() !== 404 || $refusal->getResponseObject()->getCode() !== 'job-not-found') {
        throw $refusal;
    }
}
