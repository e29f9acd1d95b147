using System.Text.Json;
using System.Text.Json.Serialization;

namespace Beamtime.Control.Scans;

/// <summary>
/// Arguments of requests in JSON: texts, numbers, truth values and lists of them, all kept as text. A list stays JSON.
/// </summary>
internal static class ArgumentJson
{
    /// <summary>The text of one argument; null where JSON has null.</summary>
    /// <param name="reader">At the argument.</param>
    /// <exception cref="JsonException">It is an object.</exception>
    public static string? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            case JsonTokenType.Number or JsonTokenType.StartArray:
                using (var document = JsonDocument.ParseValue(ref reader))
                {
                    return document.RootElement.GetRawText();
                }

            default:
                throw new JsonException("An argument is a text, a number, true, false or a list.");
        }
    }
}

/// <summary>
/// Positional arguments: a list, or BEC's form, an object that has a list for each device and puts them one after the other.
/// </summary>
internal sealed class ArgumentListConverter : JsonConverter<IReadOnlyList<string>>
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<string> arguments = [];
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            ReadItems(ref reader, arguments);
            return arguments;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("Positional arguments are a list, or an object with a list for each device.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            arguments.Add(reader.GetString()!);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException("The arguments of a device are a list.");
            }

            ReadItems(ref reader, arguments);
        }

        return arguments;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var argument in value)
        {
            writer.WriteStringValue(argument);
        }

        writer.WriteEndArray();
    }

    private static void ReadItems(ref Utf8JsonReader reader, List<string> arguments)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // A null is refused with the other reasons, where it is bound.
            arguments.Add(ArgumentJson.Read(ref reader)!);
        }
    }
}

/// <summary>Named arguments: an object.</summary>
internal sealed class ArgumentMapConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("Named arguments are an object.");
        }

        Dictionary<string, string> arguments = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!arguments.TryAdd(name, ArgumentJson.Read(ref reader)!))
            {
                throw new JsonException($"'{name}' is given twice.");
            }
        }

        return arguments;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, argument) in value)
        {
            writer.WriteString(name, argument);
        }

        writer.WriteEndObject();
    }
}
