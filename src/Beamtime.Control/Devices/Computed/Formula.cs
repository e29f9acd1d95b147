using System.Globalization;

namespace Beamtime.Control.Devices.Computed;

/// <summary>A calculation over numbers, read from text. Nothing in it can do anything but calculate.</summary>
/// <param name="Inputs">The names that it takes values of, in the order of their first use.</param>
/// <param name="Root">The calculation.</param>
internal sealed record Formula(IReadOnlyList<string> Inputs, FormulaNode Root)
{
    /// <summary>Its value.</summary>
    /// <param name="values">The values of the inputs, in their order.</param>
    public double Evaluate(ReadOnlySpan<double> values) => Root.Evaluate(values);

    /// <summary>The same with other names for its inputs.</summary>
    /// <param name="rename">The name that an input has instead.</param>
    public Formula Rename(Func<string, string> rename) => this with { Inputs = [.. Inputs.Select(rename)] };
}

/// <summary>A piece of a calculation. Truth is 1, falsehood 0, and every other number than 0 is true.</summary>
internal abstract record FormulaNode
{
    /// <summary>Its value.</summary>
    /// <param name="values">The values of the inputs.</param>
    public abstract double Evaluate(ReadOnlySpan<double> values);
}

/// <summary>A number.</summary>
/// <param name="Value">The number.</param>
internal sealed record NumberNode(double Value) : FormulaNode
{
    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> values) => Value;
}

/// <summary>The value of an input.</summary>
/// <param name="Index">Its place among the inputs.</param>
internal sealed record InputNode(int Index) : FormulaNode
{
    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> values) => values[Index];
}

/// <summary>A sign between two values.</summary>
/// <param name="Sign">The sign.</param>
/// <param name="Left">Left of it.</param>
/// <param name="Right">Right of it.</param>
internal sealed record SignNode(string Sign, FormulaNode Left, FormulaNode Right) : FormulaNode
{
    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> values)
    {
        var left = Left.Evaluate(values);
        var right = Right.Evaluate(values);
        return Sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "%" => left - (right * Math.Floor(left / right)),
            "**" => Math.Pow(left, right),
            "<" => left < right ? 1 : 0,
            "<=" => left <= right ? 1 : 0,
            ">" => left > right ? 1 : 0,
            ">=" => left >= right ? 1 : 0,
            "==" => left == right ? 1 : 0,
            "!=" => left != right ? 1 : 0,
            "and" => left != 0 && right != 0 ? 1 : 0,
            "or" => left != 0 || right != 0 ? 1 : 0,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}

/// <summary>One of two values.</summary>
/// <param name="Condition">Which.</param>
/// <param name="Then">Where it is true.</param>
/// <param name="Else">Where it is not.</param>
internal sealed record ChoiceNode(FormulaNode Condition, FormulaNode Then, FormulaNode Else) : FormulaNode
{
    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> values) =>
        Condition.Evaluate(values) != 0 ? Then.Evaluate(values) : Else.Evaluate(values);
}

/// <summary>A function of values.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">The values.</param>
internal sealed record FunctionNode(string Name, IReadOnlyList<FormulaNode> Arguments) : FormulaNode
{
    /// <summary>The functions, with the fewest and the most values that each takes; any number where the most is 0.</summary>
    public static IReadOnlyDictionary<string, (int Least, int Most)> Known { get; } = new Dictionary<string, (int, int)>(StringComparer.Ordinal)
    {
        ["abs"] = (1, 1), ["sqrt"] = (1, 1), ["exp"] = (1, 1), ["log"] = (1, 1), ["log10"] = (1, 1), ["sin"] = (1, 1), ["cos"] = (1, 1),
        ["tan"] = (1, 1), ["asin"] = (1, 1), ["acos"] = (1, 1), ["atan"] = (1, 1), ["atan2"] = (2, 2), ["sinh"] = (1, 1),
        ["cosh"] = (1, 1), ["tanh"] = (1, 1), ["radians"] = (1, 1), ["degrees"] = (1, 1), ["floor"] = (1, 1), ["ceil"] = (1, 1),
        ["round"] = (1, 1), ["sign"] = (1, 1), ["hypot"] = (2, 2), ["pow"] = (2, 2), ["min"] = (1, 0), ["max"] = (1, 0),
        ["sum"] = (1, 0), ["mean"] = (1, 0), ["isnan"] = (1, 1), ["not"] = (1, 1), ["neg"] = (1, 1), ["where"] = (3, 3),
    };

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<double> values)
    {
        var first = Arguments[0].Evaluate(values);
        return Name switch
        {
            "abs" => Math.Abs(first),
            "sqrt" => Math.Sqrt(first),
            "exp" => Math.Exp(first),
            "log" => Math.Log(first),
            "log10" => Math.Log10(first),
            "sin" => Math.Sin(first),
            "cos" => Math.Cos(first),
            "tan" => Math.Tan(first),
            "asin" => Math.Asin(first),
            "acos" => Math.Acos(first),
            "atan" => Math.Atan(first),
            "atan2" => Math.Atan2(first, Arguments[1].Evaluate(values)),
            "sinh" => Math.Sinh(first),
            "cosh" => Math.Cosh(first),
            "tanh" => Math.Tanh(first),
            "radians" => double.DegreesToRadians(first),
            "degrees" => double.RadiansToDegrees(first),
            "floor" => Math.Floor(first),
            "ceil" => Math.Ceiling(first),
            "round" => Math.Round(first, MidpointRounding.ToEven),
            "sign" => double.IsNaN(first) ? double.NaN : Math.Sign(first),
            "hypot" => double.Hypot(first, Arguments[1].Evaluate(values)),
            "pow" => Math.Pow(first, Arguments[1].Evaluate(values)),
            "isnan" => double.IsNaN(first) ? 1 : 0,
            "not" => first == 0 ? 1 : 0,
            "neg" => -first,
            "where" => first != 0 ? Arguments[1].Evaluate(values) : Arguments[2].Evaluate(values),
            _ => Folded(first, values),
        };
    }

    private double Folded(double first, ReadOnlySpan<double> values)
    {
        var result = first;
        for (var i = 1; i < Arguments.Count; i++)
        {
            var next = Arguments[i].Evaluate(values);
            result = Name switch
            {
                "min" => Math.Min(result, next),
                "max" => Math.Max(result, next),
                _ => result + next,
            };
        }

        return Name == "mean" ? result / Arguments.Count : result;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}({string.Join(", ", Arguments)})");
}
