using System.Buffers.Binary;
using System.Security.Cryptography;
using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>How often a scan is wanted again.</summary>
internal sealed record ScanRepeatRequest
{
    /// <summary>How many more scans, 1 to 1000.</summary>
    public int Times { get; init; } = 1;
}

/// <summary>What became of asking for a scan again.</summary>
/// <param name="Scans">The new scans, in the order in which they run; at least one.</param>
/// <param name="Reasons">Why there are fewer than were wanted; empty when all were accepted.</param>
internal sealed record ScanRepeatAnswer(IReadOnlyList<ScanAnswer> Scans, IReadOnlyList<Reason> Reasons);

/// <summary>
/// Asks for scans again that are there already: the same arguments and the same metadata, whatever contexts stand now, and
/// judged anew, because devices may be gone and motors stand elsewhere.
/// </summary>
internal sealed class ScanRepetition(ScanStore store, ScanDesk desk, ScanOptions options)
{
    private const int MostTimes = 1000;

    /// <summary>Asks for it.</summary>
    /// <param name="numberOrId">Number or id of the scan.</param>
    /// <param name="request">How often.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The id of the first new scan, from which those of the others are made; null for new ones.</param>
    /// <param name="cancel">Gives up; what was accepted stays.</param>
    /// <exception cref="RefusedException">All reasons against the first of them.</exception>
    public async Task<ScanRepeatAnswer> RepeatAsync(
        string numberOrId, ScanRepeatRequest request, Caller caller, Guid? key, CancellationToken cancel)
    {
        if (request.Times is < 1 or > MostTimes)
        {
            throw new RefusedException(ScanErrors.InvalidParameter.Because($"times is {request.Times}, expected 1 to {MostTimes}."));
        }

        if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: not null } scan)
        {
            throw new RefusedException(ScanErrors.Unknown.Because($"There is no scan '{numberOrId}'."));
        }

        List<ScanAnswer> accepted = [];
        for (var i = 0; i < request.Times; i++)
        {
            try
            {
                accepted.Add(await desk.RepeatAsync(scan, caller, key is { } first ? KeyOf(first, i) : null, cancel));
            }
            catch (RefusedException refused) when (accepted.Count > 0)
            {
                return new ScanRepeatAnswer(accepted, refused.Reasons);
            }
        }

        return new ScanRepeatAnswer(accepted, []);
    }

    // The same request makes the same ids again.
    private static Guid KeyOf(Guid first, int index)
    {
        if (index == 0)
        {
            return first;
        }

        Span<byte> bytes = stackalloc byte[20];
        first.TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], index);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new Guid(hash[..16]);
    }
}
