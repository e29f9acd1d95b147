using System.Globalization;

namespace Beamtime.Sdk.Devices;

/// <summary>
/// The <c>deviceConfig</c> map of one device, read key by key by the device's class. A key that no getter asked for is
/// refused after construction with a suggestion, so that nothing a user configured is ignored.
/// </summary>
/// <param name="name">The device's name.</param>
/// <param name="entries">Scalars are texts; lists are lists; maps are maps, as the file has them.</param>
/// <param name="time">The clock.</param>
/// <param name="seed">Seed for simulated randomness.</param>
/// <param name="devices">Finds another device by name; those in <c>needs</c> exist already.</param>
public sealed class DeviceConfiguration(
    string name,
    IReadOnlyDictionary<string, object?> entries,
    TimeProvider time,
    int seed,
    Func<string, IDevice?> devices)
{
    private readonly Dictionary<string, string> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DeviceConfiguration> _maps = new(StringComparer.Ordinal);

    /// <summary>The device's name.</summary>
    public string Name => name;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Seed for simulated randomness, another for each device.</summary>
    public int Seed => seed;

    /// <summary>The keys that were asked for, with what each means.</summary>
    public IReadOnlyDictionary<string, string> Asked => _asked;

    /// <summary>The configured keys that nothing asked for; those of nested maps with their path, dotted.</summary>
    public IEnumerable<string> Unused =>
    [
        .. entries.Keys.Where(key => !_asked.ContainsKey(key)),
        .. _maps.SelectMany(map => map.Value.Unused.Select(key => $"{map.Key}.{key}")),
    ];

    /// <summary>The entries as configured: scalars are texts, lists are lists, maps are maps.</summary>
    public IReadOnlyDictionary<string, object?> Entries => entries;

    /// <summary>The same configuration with some entries changed: for settings that a device takes while it runs.</summary>
    /// <param name="changed">Entries that are added, or stand in place of those of the same key.</param>
    public DeviceConfiguration With(IReadOnlyDictionary<string, object?> changed)
    {
        Dictionary<string, object?> merged = new(entries, StringComparer.Ordinal);
        foreach (var (key, value) in changed)
        {
            merged[key] = value;
        }

        return new DeviceConfiguration(name, merged, time, seed, devices);
    }

    /// <summary>A number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when the key is absent.</param>
    /// <param name="low">Lowest allowed.</param>
    /// <param name="high">Highest allowed.</param>
    /// <param name="meaning">What it means, with its unit.</param>
    /// <exception cref="FormatException">Not a number, or out of range.</exception>
    public double Number(
        string key,
        double fallback,
        string meaning,
        double low = double.NegativeInfinity,
        double high = double.PositiveInfinity)
    {
        if (Ask(key, meaning) is not { } raw)
        {
            return fallback;
        }

        if (raw is not string text || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n))
        {
            throw new FormatException($"{name}: deviceConfig.{key} must be a number ({meaning}).");
        }

        return n >= low && n <= high
            ? n
            : throw new FormatException($"{name}: deviceConfig.{key} is {n}, allowed is {low} to {high} ({meaning}).");
    }

    /// <summary>An integer.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when the key is absent.</param>
    /// <param name="meaning">What it means, with its unit.</param>
    /// <param name="low">Lowest allowed.</param>
    /// <param name="high">Highest allowed.</param>
    /// <exception cref="FormatException">Not an integer, or out of range.</exception>
    public int Integer(string key, int fallback, string meaning, int low = int.MinValue, int high = int.MaxValue)
    {
        var n = Number(key, fallback, meaning, low, high);
        return double.IsInteger(n)
            ? (int)n
            : throw new FormatException($"{name}: deviceConfig.{key} must be a whole number ({meaning}).");
    }

    /// <summary>A truth value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when the key is absent.</param>
    /// <param name="meaning">What it means.</param>
    /// <exception cref="FormatException">Neither true nor false.</exception>
    public bool Flag(string key, bool fallback, string meaning) => Ask(key, meaning) switch
    {
        null => fallback,
        "true" or "True" or "yes" => true,
        "false" or "False" or "no" => false,
        _ => throw new FormatException($"{name}: deviceConfig.{key} must be true or false ({meaning})."),
    };

    /// <summary>A text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when the key is absent.</param>
    /// <param name="meaning">What it means.</param>
    /// <exception cref="FormatException">Not a text.</exception>
    public string Text(string key, string fallback, string meaning) => Ask(key, meaning) switch
    {
        null => fallback,
        string text => text,
        _ => throw new FormatException($"{name}: deviceConfig.{key} must be a text ({meaning})."),
    };

    /// <summary>A list of names; a single one need not be a list.</summary>
    /// <param name="key">The key.</param>
    /// <param name="meaning">What it means.</param>
    /// <returns>An empty list when absent.</returns>
    /// <exception cref="FormatException">Not a list of names.</exception>
    public IReadOnlyList<string> Names(string key, string meaning) => NamesOf(Ask(key, meaning))
        ?? throw new FormatException($"{name}: deviceConfig.{key} must be a list of names ({meaning}).");

    /// <summary>The names that a value of a configuration gives; null where it gives none.</summary>
    /// <param name="value">A text, a list of texts, or null for an empty list.</param>
    public static IReadOnlyList<string>? NamesOf(object? value) => value switch
    {
        null => [],
        string one => [one],
        IEnumerable<object?> list when list.All(i => i is string) => [.. list.Cast<string>()],
        _ => null,
    };

    /// <summary>A pair of numbers, low first.</summary>
    /// <param name="key">The key.</param>
    /// <param name="meaning">What it means, with its unit.</param>
    /// <returns>Null when absent.</returns>
    /// <exception cref="FormatException">Not two ascending numbers.</exception>
    public (double Low, double High)? Range(string key, string meaning)
    {
        if (Ask(key, meaning) is not { } raw)
        {
            return null;
        }

        return raw is IReadOnlyList<object?> { Count: 2 } pair
            && double.TryParse(pair[0] as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var low)
            && double.TryParse(pair[1] as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var high)
            && low <= high
            ? (low, high)
            : throw new FormatException($"{name}: deviceConfig.{key} must be [low, high] ({meaning}).");
    }

    /// <summary>A list of numbers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The numbers when the key is absent.</param>
    /// <param name="meaning">What they mean, with their unit.</param>
    /// <exception cref="FormatException">Not a list of numbers.</exception>
    public IReadOnlyList<double> Numbers(string key, IReadOnlyList<double> fallback, string meaning)
    {
        if (Ask(key, meaning) is not { } raw)
        {
            return fallback;
        }

        return raw is IReadOnlyList<object?> list && list.All(i => TryNumber(i, out _))
            ? [.. list.Select(i => TryNumber(i, out var n) ? n : double.NaN)]
            : throw new FormatException($"{name}: deviceConfig.{key} must be a list of numbers ({meaning}).");
    }

    /// <summary>A list of texts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The texts when the key is absent.</param>
    /// <param name="meaning">What they mean.</param>
    /// <exception cref="FormatException">Not a list of texts.</exception>
    public IReadOnlyList<string> Texts(string key, IReadOnlyList<string> fallback, string meaning)
    {
        if (Ask(key, meaning) is not { } raw)
        {
            return fallback;
        }

        return raw is IReadOnlyList<object?> list && list.All(i => i is string)
            ? [.. list.Cast<string>()]
            : throw new FormatException($"{name}: deviceConfig.{key} must be a list of texts ({meaning}).");
    }

    /// <summary>A list of lists of numbers, all of the same length.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The rows when the key is absent.</param>
    /// <param name="columns">Numbers of each row.</param>
    /// <param name="meaning">What they mean, with their unit.</param>
    /// <exception cref="FormatException">Not such a list.</exception>
    public IReadOnlyList<double[]> Matrix(string key, IReadOnlyList<double[]> fallback, int columns, string meaning)
    {
        if (Ask(key, meaning) is not { } raw)
        {
            return fallback;
        }

        return raw is IReadOnlyList<object?> rows
            && rows.All(r => r is IReadOnlyList<object?> row && row.Count == columns && row.All(i => TryNumber(i, out _)))
            ? [.. rows.Select(r => ((IReadOnlyList<object?>)r!).Select(i => TryNumber(i, out var n) ? n : double.NaN).ToArray())]
            : throw new FormatException($"{name}: deviceConfig.{key} must be a list of lists of {columns} numbers ({meaning}).");
    }

    /// <summary>A nested map, with its own account of unused keys folded into this one's.</summary>
    /// <param name="key">The key.</param>
    /// <param name="meaning">What it means.</param>
    /// <returns>An empty configuration when absent.</returns>
    /// <exception cref="FormatException">Not a map.</exception>
    public DeviceConfiguration Map(string key, string meaning)
    {
        var raw = Ask(key, meaning);
        if (!_maps.TryGetValue(key, out var map))
        {
            map = raw switch
            {
                null => new DeviceConfiguration($"{name}.{key}", new Dictionary<string, object?>(), time, seed, devices),
                IReadOnlyDictionary<string, object?> nested =>
                    new DeviceConfiguration($"{name}.{key}", nested, time, seed, devices),
                _ => throw new FormatException($"{name}: deviceConfig.{key} must be a map ({meaning})."),
            };
            _maps.Add(key, map);
        }

        return map;
    }

    /// <summary>Another device by the name that a key gives.</summary>
    /// <typeparam name="T">What the other must be able to do.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="fallback">The other's name when the key is absent; null for none.</param>
    /// <param name="meaning">What it means.</param>
    /// <returns>Null when neither key nor fallback names one, or the fallback does not exist.</returns>
    /// <exception cref="FormatException">A configured device that does not exist or cannot do it.</exception>
    public T? Device<T>(string key, string? fallback, string meaning)
        where T : class
    {
        var configured = Ask(key, meaning);
        var other = configured as string ?? fallback;
        if (other is null || (devices(other) is not { } found && configured is null))
        {
            return null;
        }

        return devices(other) as T
            ?? throw new FormatException($"{name}: deviceConfig.{key} names '{other}', which does not exist, is not in needs, or cannot do it ({meaning}).");
    }

    /// <summary>Another device by its name.</summary>
    /// <typeparam name="T">What the other must be able to do.</typeparam>
    /// <param name="other">Its name.</param>
    /// <exception cref="FormatException">It does not exist, is not in <c>needs</c>, or cannot do it.</exception>
    public T Named<T>(string other)
        where T : class => devices(other) as T
        ?? throw new FormatException($"{name}: '{other}' does not exist, is not in needs, or cannot do it.");

    private static bool TryNumber(object? raw, out double number)
    {
        number = double.NaN;
        return raw is string text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    private object? Ask(string key, string meaning)
    {
        _asked[key] = meaning;
        return entries.GetValueOrDefault(key);
    }
}
