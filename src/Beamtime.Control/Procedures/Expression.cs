using System.Globalization;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>What a step's value is worked out from: a literal, parameters, captures, tables and arithmetic.</summary>
internal abstract record Expression
{
    /// <summary>The names of parameters and captures that it needs.</summary>
    public abstract IEnumerable<string> Names { get; }

    /// <summary>Its value.</summary>
    /// <param name="known">Values of parameters and captures.</param>
    /// <exception cref="RefusedException"><c>procedure.value.invalid</c>.</exception>
    public abstract Value Evaluate(IReadOnlyDictionary<string, Value> known);

    /// <summary>Its value, or null while a name that it needs is not known.</summary>
    /// <param name="known">Values of parameters and captures.</param>
    public Value? TryEvaluate(IReadOnlyDictionary<string, Value> known) =>
        Names.All(known.ContainsKey) ? Evaluate(known) : null;

    /// <summary>Its value as a finite number.</summary>
    /// <param name="known">Values of parameters and captures.</param>
    public double Number(IReadOnlyDictionary<string, Value> known) =>
        Evaluate(known) is { Type: SignalType.Float or SignalType.Integer or SignalType.Boolean } value
            && double.IsFinite(value.AsDouble())
            ? value.AsDouble()
            : throw Invalid($"{this} is {Evaluate(known)}, expected a finite number.");

    /// <summary>A refusal of a value.</summary>
    /// <param name="what">What is wrong.</param>
    protected static RefusedException Invalid(string what) => new(ProcedureErrors.ValueInvalid.Because(what));
}

/// <summary>A value that stands in the file.</summary>
/// <param name="Value">The value.</param>
internal sealed record LiteralExpression(Value Value) : Expression
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names => [];

    /// <inheritdoc/>
    public override Value Evaluate(IReadOnlyDictionary<string, Value> known) => Value;

    /// <inheritdoc/>
    public override string ToString() => Value.Type == SignalType.Text ? $"'{Value}'" : Value.ToString();
}

/// <summary>A parameter or a capture.</summary>
/// <param name="Name">Its name.</param>
internal sealed record ReferenceExpression(string Name) : Expression
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names => [Name];

    /// <inheritdoc/>
    public override Value Evaluate(IReadOnlyDictionary<string, Value> known) =>
        known.TryGetValue(Name, out var value) ? value : throw Invalid($"{Name} was not captured.");

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A column of a table at the present value of the table's quantity.</summary>
/// <param name="Table">The table.</param>
/// <param name="Column">Its column.</param>
internal sealed record TableExpression(LookupTable Table, string Column) : Expression
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names => [Table.Key];

    /// <inheritdoc/>
    public override Value Evaluate(IReadOnlyDictionary<string, Value> known) =>
        Value.Of(Table.ValueAt(Column, new ReferenceExpression(Table.Key).Number(known)));

    /// <inheritdoc/>
    public override string ToString() => $"{Table.Name}.{Column}";
}

/// <summary>Arithmetic of two values.</summary>
/// <param name="Left">Left of the sign.</param>
/// <param name="Sign">One of + - * /.</param>
/// <param name="Right">Right of the sign.</param>
internal sealed record ArithmeticExpression(Expression Left, char Sign, Expression Right) : Expression
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names => Left.Names.Concat(Right.Names);

    /// <inheritdoc/>
    public override Value Evaluate(IReadOnlyDictionary<string, Value> known)
    {
        var (left, right) = (Left.Number(known), Right.Number(known));
        var result = Sign switch
        {
            '+' => left + right,
            '-' => left - right,
            '*' => left * right,
            _ => left / right,
        };
        return double.IsFinite(result)
            ? Value.Of(result)
            : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{left} {Sign} {right} is not a finite number."));
    }

    /// <inheritdoc/>
    public override string ToString() => $"({Left} {Sign} {Right})";
}
