using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>A value as JSON that tells its type: <c>["f", 1.5]</c>; null is the missing value.</summary>
internal sealed class ValueConverter : JsonConverter<Value>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override Value Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return Value.Missing;
        }

        Next(ref reader);
        var kind = reader.GetString();
        Next(ref reader);
        Value value;
        switch (kind)
        {
            case "f":
                value = Value.Of(Number(ref reader));
                break;
            case "i":
                value = Value.Of(reader.GetInt64());
                break;
            case "b":
                value = Value.Of(reader.GetBoolean());
                break;
            case "t":
                value = Value.Of(reader.GetString()!);
                break;
            case "a":
                var numbers = new List<double>();
                for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
                {
                    numbers.Add(Number(ref reader));
                }

                value = Value.Of(numbers.ToArray());
                break;
            default:
                throw new JsonException($"'{kind}' is no type of a value.");
        }

        Next(ref reader);
        return value;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Value value, JsonSerializerOptions options)
    {
        if (value.IsMissing)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartArray();
        switch (value.Type)
        {
            case SignalType.Float:
                writer.WriteStringValue("f");
                Write(writer, value.AsDouble());
                break;
            case SignalType.Integer:
                writer.WriteStringValue("i");
                writer.WriteNumberValue(value.AsInteger());
                break;
            case SignalType.Boolean:
                writer.WriteStringValue("b");
                writer.WriteBooleanValue(value.AsBoolean());
                break;
            case SignalType.Text:
                writer.WriteStringValue("t");
                writer.WriteStringValue(value.AsText());
                break;
            default:
                writer.WriteStringValue("a");
                writer.WriteStartArray();
                foreach (var number in value.AsArray())
                {
                    Write(writer, number);
                }

                writer.WriteEndArray();
                break;
        }

        writer.WriteEndArray();
    }

    private static void Next(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new JsonException("A value ends early.");
        }
    }

    private static double Number(ref Utf8JsonReader reader) => reader.TokenType != JsonTokenType.String
        ? reader.GetDouble()
        : reader.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var other => throw new JsonException($"'{other}' is no number."),
        };

    private static void Write(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }
}
