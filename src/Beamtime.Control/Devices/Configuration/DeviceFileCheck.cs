using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>A mistake in a device file.</summary>
/// <param name="Place">File, line and column; null where the mistake is none of a single place.</param>
/// <param name="Reason">What is wrong.</param>
internal sealed record DeviceFileMistake(string? Place, Reason Reason);

/// <summary>What a device file was found to be.</summary>
/// <param name="Files">The files that were read.</param>
/// <param name="Devices">The devices in them that can be read.</param>
/// <param name="Mistakes">Everything that is wrong.</param>
/// <param name="Warnings">What is no mistake and yet worth knowing.</param>
internal sealed record DeviceFileFindings(
    IReadOnlyList<string> Files, int Devices, IReadOnlyList<DeviceFileMistake> Mistakes, IReadOnlyList<string> Warnings);

/// <summary>
/// Looks at a device file without a server: its schema, its includes, what devices need, their classes and every key of their
/// <c>deviceConfig</c>; and, where asked, whether they connect. What is wrong in one place keeps nothing else from being looked at.
/// </summary>
/// <param name="factory">Makes devices, without touching hardware.</param>
/// <param name="options">Settings of devices.</param>
/// <param name="time">The clock.</param>
internal sealed class DeviceFileCheck(DeviceFactory factory, DeviceOptions options, TimeProvider time)
{
    /// <summary>Looks at a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="log">Hears what devices say when they are connected; null to connect none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">There is no file, or it is no YAML.</exception>
    public async Task<DeviceFileFindings> LookAsync(string path, ILogger<DeviceRoster>? log, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            throw new RefusedException(DeviceErrors.ConfigurationInvalid.Because($"there is no file {path}"));
        }

        List<Reason> reasons = [];
        var includes = new DeviceIncludes(reasons);
        includes.Read(path);
        var marks = includes.Entries.ToDictionary(e => e.Key, e => e.Mark, StringComparer.Ordinal);
        var entries = DeviceFile.Read(includes.Entries, reasons);
        List<DeviceFileMistake> mistakes = [.. reasons.Select(reason => new DeviceFileMistake(null, reason))];
        // Those are told by their names only.
        mistakes.AddRange((await ConstructAsync(entries, log, cancel)).Select(
            reason => new DeviceFileMistake(marks.Where(m => IsOf(reason, m.Key)).Select(m => m.Value.ToString()).FirstOrDefault(), reason)));
        return new DeviceFileFindings(
            includes.Files, entries.Count, mistakes, [.. includes.Warnings, .. DeviceNeeds.Warnings(entries)]);
    }

    private async Task<IReadOnlyList<Reason>> ConstructAsync(
        IReadOnlyList<DeviceEntry> entries, ILogger<DeviceRoster>? log, CancellationToken cancel)
    {
        List<Reason> reasons = [];
        IReadOnlyList<ConstructedDevice> made;
        try
        {
            made = await factory.ConstructAsync(entries, static _ => null);
        }
        catch (RefusedException refused)
        {
            return refused.Reasons;
        }

        if (log is null)
        {
            reasons.AddRange(made.Where(d => d.Entry.Enabled).Select(d => d.Unusable).OfType<Reason>());
            await DeviceFactory.DisposeAsync(made);
            return reasons;
        }

        await using var roster = await DeviceRoster.ConnectAsync(made, 0, options, time, log, cancel);
        return [.. roster.Unusable.Where(u => u.Entry.Enabled).Select(u => u.Reason)];
    }

    private static bool IsOf(Reason reason, string device) =>
        reason.Message.StartsWith(device, StringComparison.Ordinal)
        && reason.Message.Length > device.Length && reason.Message[device.Length] is ':' or '.' or ' ';
}
