// Code by Zapier, "Run JavaScript": removes the background of a photo and uploads the result.
//   Input Data: photo (the file of an earlier step), server (address of the service), key (API key, if it needs one),
//   target (presigned PUT address of your storage), address (where the uploaded file can be read)
// A code step cannot return a file, only text: later steps load the result from "address".
const photo = await fetch(inputData.photo);
const result = await fetch(`${inputData.server}/api/remove-bg?format=png`, {
  method: 'POST',
  headers: {
    'Content-Type': 'application/octet-stream',
    ...(inputData.key && { 'X-Api-Key': inputData.key }),
  },
  body: await photo.arrayBuffer(),
});
if (!result.ok) throw new Error(await result.text());
const stored = await fetch(inputData.target, {
  method: 'PUT',
  headers: { 'Content-Type': 'image/png' },
  body: await result.arrayBuffer(),
});
if (!stored.ok) throw new Error(`The storage answered with ${stored.status}`);
output = { address: inputData.address };
