using System.Globalization;
using System.Text.Json;

namespace Beamtime.Core.Settings;

/// <summary>A single value, written as text.</summary>
/// <param name="type">The value's type.</param>
internal sealed class ScalarShape(Type type) : SettingShape(type)
{
    /// <inheritdoc/>
    public override string Expected =>
        Type.IsEnum ? $"one of {string.Join(", ", EnumNames())}"
        : Type == typeof(bool) ? "true or false"
        : Type == typeof(int) || Type == typeof(long) ? "a whole number"
        : Type == typeof(double) ? "a number"
        : Type == typeof(TimeSpan) ? "a duration with its unit, such as 200 ms"
        : "a text";

    /// <summary>Whether this is the type of a single value.</summary>
    /// <param name="type">The type.</param>
    public static bool Reads(Type type) =>
        type.IsEnum || type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(long)
        || type == typeof(double) || type == typeof(TimeSpan);

    /// <summary>Reads a value; false if it is none of this type.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The value.</param>
    public bool TryRead(string text, out object? value)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        value = null;
        if (Type == typeof(string))
        {
            value = text;
        }
        else if (Type == typeof(bool))
        {
            value = text.ToLowerInvariant() switch
            {
                "true" or "yes" or "on" or "1" => true,
                "false" or "no" or "off" or "0" => false,
                _ => null,
            };
        }
        else if (Type == typeof(int))
        {
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out int number) ? number : null;
        }
        else if (Type == typeof(long))
        {
            value = long.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out long number) ? number : null;
        }
        else if (Type == typeof(double))
        {
            value = double.TryParse(text, NumberStyles.Float, invariant, out double number) && double.IsFinite(number)
                ? number
                : null;
        }
        else if (Type == typeof(TimeSpan))
        {
            value = Duration.TryParse(text, out TimeSpan duration) ? duration : null;
        }
        else
        {
            value = Enum.GetValues(Type).Cast<object>().FirstOrDefault(
                v => Format(v).Equals(text, StringComparison.OrdinalIgnoreCase));
        }

        return value is not null;
    }

    /// <summary>Writes a value as it can be read again.</summary>
    /// <param name="value">A value of this type.</param>
    public static string Format(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        TimeSpan duration => Duration.Format(duration),
        Enum name => JsonNamingPolicy.SnakeCaseLower.ConvertName(name.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>The names of an enumeration in snake case.</summary>
    public IEnumerable<string> EnumNames() => Enum.GetValues(Type).Cast<object>().Select(Format);
}
