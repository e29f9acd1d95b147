using System.Security.Cryptography;
using System.Text;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// The id of what one request, job or workflow set off, carried along its calls: log lines show it, jobs enqueued on the way
/// belong to it, and entries of the ledger name it as their cause.
/// </summary>
internal static class Correlation
{
    private static readonly AsyncLocal<string?> Present = new();

    /// <summary>The id in force here; null where nothing began.</summary>
    public static string? Current => Present.Value;

    /// <summary>The id in force as one that a job can belong to; null where nothing began.</summary>
    public static Guid? CurrentId => Present.Value is { } text ? IdOf(text) : null;

    /// <summary>Puts an id in force until the answer is disposed.</summary>
    /// <param name="id">The id.</param>
    public static Scope Begin(string id)
    {
        var before = Present.Value;
        Present.Value = id;
        return new Scope(before);
    }

    /// <summary>Puts an id in force until the answer is disposed; without one, the present id stays.</summary>
    /// <param name="id">The id; null for none.</param>
    public static Scope BeginOrKeep(string? id) => id is null ? new Scope(Present.Value) : Begin(id);

    /// <summary>The id of a text: the text itself where it is one, else always the same one made of it.</summary>
    /// <param name="text">What a caller gave as correlation.</param>
    public static Guid IdOf(string text)
    {
        if (Guid.TryParse(text, out var id))
        {
            return id;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        // RFC 9562, section 5.8: a version for ids made in a way of one's own.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>Gives back the id that was in force before.</summary>
    /// <param name="before">That id.</param>
    public readonly struct Scope(string? before) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => Present.Value = before;
    }
}
