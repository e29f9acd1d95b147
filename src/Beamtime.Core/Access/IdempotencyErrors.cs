using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access;

/// <summary>What can be wrong with a request that was sent with a key.</summary>
internal static class IdempotencyErrors
{
    public static readonly ErrorCode Invalid = new(
        "request.key.invalid",
        "The Idempotency-Key is empty, too long, given twice, or has other characters than visible ASCII ones.",
        "Send one key of 1 to 200 visible ASCII characters, new for each request: a UUID does well.");

    public static readonly ErrorCode Reused = new(
        "request.key.reused",
        "The Idempotency-Key was used for another request: method, path, query or body differ.",
        "Send a new key for a new request; send a request again with its own key and unchanged.");

    public static readonly ErrorCode Running = new(
        "request.key.running",
        "The request with this Idempotency-Key is being carried out just now.",
        "Send it again with the same key in a moment; it then gives the answer.",
        RetryClass.Later);

    public static readonly ErrorCode Uncertain = new(
        "request.key.uncertain",
        "The request with this Idempotency-Key was begun, and the program ended or failed before it had an answer.",
        "Look whether it took effect (beamtime timeline --since 1h); to ask for it once more, send it with a new key.");
}
