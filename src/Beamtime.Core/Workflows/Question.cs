using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>What a step asks a person; what answers it is stored with it, so that any server can check one.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ChoiceQuestion), "choice")]
[JsonDerivedType(typeof(NumberQuestion), "number")]
[JsonDerivedType(typeof(TextQuestion), "text")]
internal abstract record Question
{
    /// <summary>The question, for people.</summary>
    public required string Text { get; init; }

    /// <summary>The answer that counts when nobody gives one in time; absent, the step fails then.</summary>
    public string? Otherwise { get; init; }

    /// <summary>Everything that is wrong with an answer; nothing where it fits.</summary>
    /// <param name="answer">The answer as text.</param>
    public abstract IReadOnlyList<Reason> Mistakes(string answer);

    /// <summary>It as it is stored.</summary>
    public string Write() => JsonSerializer.Serialize(this, WorkflowsJson.Default.Question);

    /// <summary>A stored one.</summary>
    /// <param name="json">What <see cref="Write"/> gave.</param>
    public static Question Read(string json) =>
        JsonSerializer.Deserialize(json, WorkflowsJson.Default.Question) ?? throw new JsonException("A stored question is null.");

    /// <summary>A reason that an answer does not fit.</summary>
    /// <param name="message">What is wrong with it.</param>
    protected static Reason Wrong(string message) => WorkflowErrors.InputInvalid.Because(message);
}

/// <summary>One of several answers.</summary>
internal sealed record ChoiceQuestion : Question
{
    /// <summary>The answers that are admitted.</summary>
    public required IReadOnlyList<string> Choices { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Reason> Mistakes(string answer) =>
        Choices.Contains(answer) ? [] : [Wrong($"'{answer}' is none of {string.Join(", ", Choices)}")];
}

/// <summary>A number.</summary>
internal sealed record NumberQuestion : Question
{
    /// <summary>The unit of the answer; empty where it has none.</summary>
    public required string Unit { get; init; }

    /// <summary>The least that is admitted.</summary>
    public double? Minimum { get; init; }

    /// <summary>The most that is admitted.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether only whole numbers are.</summary>
    public bool IsWhole { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Reason> Mistakes(string answer)
    {
        if (!double.TryParse(answer, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return [Wrong($"'{answer}' is no number")];
        }

        var mistakes = new List<Reason>();
        if (number < Minimum)
        {
            mistakes.Add(Wrong(string.Create(CultureInfo.InvariantCulture, $"{number} {Unit} is less than {Minimum} {Unit}")));
        }

        if (number > Maximum)
        {
            mistakes.Add(Wrong(string.Create(CultureInfo.InvariantCulture, $"{number} {Unit} is more than {Maximum} {Unit}")));
        }

        if (IsWhole && number != Math.Truncate(number))
        {
            mistakes.Add(Wrong(string.Create(CultureInfo.InvariantCulture, $"{number} is not whole")));
        }

        return mistakes;
    }
}

/// <summary>A text.</summary>
internal sealed record TextQuestion : Question
{
    /// <summary>Its longest answer, characters.</summary>
    public int MaximumLength { get; init; } = 1000;

    /// <inheritdoc/>
    public override IReadOnlyList<Reason> Mistakes(string answer) => answer.Length switch
    {
        0 => [Wrong("it is empty")],
        var length when length > MaximumLength => [Wrong($"it has {length} characters, more than {MaximumLength}")],
        _ => [],
    };
}
