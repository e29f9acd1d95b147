using System.Globalization;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Keys of <c>deviceConfig</c> that a driver does not ask for and every device has: <c>limits</c> of its main signal,
/// <c>labels</c>, and settings by the name of a signal that can be set. They are applied once the device is connected.
/// </summary>
internal static class DeviceSettings
{
    /// <summary>Lowest and highest target of the main signal.</summary>
    public const string Limits = "limits";

    /// <summary>Groups of the device in ophyd.</summary>
    public const string Labels = "labels";

    private static readonly TimeSpan SetPatience = TimeSpan.FromSeconds(2);

    /// <summary>Whether a device takes a key that its driver did not ask for.</summary>
    /// <param name="device">The device.</param>
    /// <param name="key">The key.</param>
    public static bool Takes(IDevice device, string key) => key switch
    {
        Limits => device.Signals.Any(s => s is { Kind: SignalKind.Hinted, IsSettable: true }),
        Labels => true,
        _ => SettableOf(device, key) is not null,
    };

    /// <summary>The reason of a key that nothing takes.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="asked">Keys that the driver asked for.</param>
    /// <param name="signals">The device's signals.</param>
    public static Reason Unknown(string device, string key, IEnumerable<string> asked, IEnumerable<Signal> signals) =>
        DeviceErrors.ConfigurationInvalid.Because(
            $"{device}: deviceConfig has an unknown key '{key}'"
            + NearestName.Question(key, [.. asked, .. signals.Where(s => s.IsSettable).Select(s => ShortName(device, s)), Limits, Labels]));

    /// <summary>Applies keys to a device that is connected.</summary>
    /// <param name="entry">The device's configuration.</param>
    /// <param name="device">The device.</param>
    /// <param name="further">The keys.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The limits that stand in the place of the driver's; null for the driver's.</returns>
    /// <exception cref="RefusedException">A key that nothing takes, or a value that does not fit: all of them.</exception>
    public static async Task<(double Low, double High)?> ApplyAsync(
        DeviceEntry entry, IDevice device, IReadOnlyDictionary<string, object?> further, TimeProvider time, CancellationToken cancel)
    {
        List<Reason> mistakes = [.. further.Keys.Where(k => !Takes(device, k)).Select(k => Unknown(entry.Name, k, [], device.Signals))];
        var limits = further.TryGetValue(Limits, out var pair) ? LimitsOf(entry.Name, pair, mistakes) : null;
        List<(Signal Signal, Value Target)> sets = [];
        foreach (var (key, raw) in further)
        {
            if (key is Limits or Labels || SettableOf(device, key) is not { } signal)
            {
                continue;
            }

            if (raw is string text && ValueOf(signal, text) is { } target)
            {
                sets.Add((signal, target));
            }
            else
            {
                mistakes.Add(DeviceErrors.ConfigurationInvalid.Because($"{entry.Name}: deviceConfig.{key} must be {signal.Type}."));
            }
        }

        if (mistakes.Count > 0)
        {
            throw new RefusedException(mistakes);
        }

        foreach (var (signal, target) in sets)
        {
            using var limit = new CancellationTokenSource(SetPatience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            await ((ISettable)device).SetAsync(signal, target, both.Token).AsTask().WaitAsync(both.Token);
        }

        return limits;
    }

    /// <summary>The value that a text of the configuration is for a signal; null when it is none.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="text">The text.</param>
    public static Value? ValueOf(Signal signal, string text) => signal.Type switch
    {
        SignalType.Text => Value.Of(text),
        SignalType.Boolean when text is "true" or "True" or "1" => Value.Of(true),
        SignalType.Boolean when text is "false" or "False" or "0" => Value.Of(false),
        SignalType.Integer when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) =>
            Value.Of(whole),
        SignalType.Float when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => Value.Of(number),
        _ => null,
    };

    /// <summary>Limits as the configuration writes them.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="raw">The value of the key.</param>
    /// <param name="mistakes">Takes what is wrong.</param>
    public static (double Low, double High)? LimitsOf(string device, object? raw, List<Reason> mistakes)
    {
        if (raw is IReadOnlyList<object?> { Count: 2 } pair
            && double.TryParse(pair[0] as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var low)
            && double.TryParse(pair[1] as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var high)
            && low <= high)
        {
            // As with ophyd's positioners, twice 0 is no limits at all.
            return (low, high) is (0, 0) ? (double.NegativeInfinity, double.PositiveInfinity) : (low, high);
        }

        mistakes.Add(DeviceErrors.ConfigurationInvalid.Because($"{device}: deviceConfig.limits must be [low, high]."));
        return null;
    }

    /// <summary>A signal's name without the device's name before it.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="signal">The signal.</param>
    public static string ShortName(string device, Signal signal) =>
        signal.Name.StartsWith(device + "_", StringComparison.Ordinal) ? signal.Name[(device.Length + 1)..] : signal.Name;

    private static Signal? SettableOf(IDevice device, string key) => device is not ISettable ? null
        : device.Signals.FirstOrDefault(s => s.IsSettable && s.Name == key)
            ?? device.Signals.FirstOrDefault(s => s.IsSettable && s.Name.EndsWith("_" + key, StringComparison.Ordinal));
}
