using System.Globalization;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Procedures;

/// <summary>
/// Reads expressions: numbers, names of parameters and captures, <c>table.column</c>, + - * / and parentheses.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="tables">The tables by name.</param>
/// <param name="names">The names in scope.</param>
internal sealed class ExpressionParser(
    string text, IReadOnlyDictionary<string, LookupTable> tables, IReadOnlyCollection<string> names)
{
    /// <summary>The longest text that is read; it also bounds the depth of nesting.</summary>
    public const int LongestText = 200;

    private int _at;

    /// <summary>Reads the value of a node: quoted it is a text, else true, false or an expression.</summary>
    /// <param name="scalar">The node.</param>
    /// <param name="tables">The tables by name.</param>
    /// <param name="names">The names in scope.</param>
    /// <exception cref="FormatException">What is wrong with it.</exception>
    public static Expression Read(
        YamlScalar scalar, IReadOnlyDictionary<string, LookupTable> tables, IReadOnlyCollection<string> names) => scalar switch
    {
        { IsPlain: false } => new LiteralExpression(Value.Of(scalar.Text)),
        { Text: "true" or "false" } => new LiteralExpression(Value.Of(scalar.Text == "true")),
        { Text.Length: > LongestText } => throw new FormatException($"the expression is longer than {LongestText} characters"),
        _ => new ExpressionParser(scalar.Text, tables, names).ReadAll(),
    };

    private Expression ReadAll()
    {
        var expression = ReadSum();
        return Peek() == '\0' ? expression : throw new FormatException($"'{text[_at..]}' in '{text}' is not understood");
    }

    private Expression ReadSum()
    {
        var left = ReadProduct();
        while (Peek() is '+' or '-')
        {
            var sign = text[_at++];
            left = new ArithmeticExpression(left, sign, ReadProduct());
        }

        return left;
    }

    private Expression ReadProduct()
    {
        var left = ReadFactor();
        while (Peek() is '*' or '/')
        {
            var sign = text[_at++];
            left = new ArithmeticExpression(left, sign, ReadFactor());
        }

        return left;
    }

    private Expression ReadFactor()
    {
        switch (Peek())
        {
            case '-':
                _at++;
                return ReadFactor() is LiteralExpression { Value: var literal }
                    ? new LiteralExpression(Value.Of(-literal.AsDouble()))
                    : throw new FormatException("a minus stands before a number only; write 0 - name");
            case '(':
                _at++;
                var inner = ReadSum();
                if (Peek() != ')')
                {
                    throw new FormatException($"a parenthesis is missing in '{text}'");
                }

                _at++;
                return inner;
            case var c when char.IsAsciiDigit(c) || c == '.':
                return ReadNumber();
            case var c when char.IsAsciiLetter(c) || c == '_':
                return ReadName();
            default:
                throw new FormatException($"'{text}' is not an expression; a text is written in quotes");
        }
    }

    private LiteralExpression ReadNumber()
    {
        var from = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '.'
            || (text[_at] is '+' or '-' && text[_at - 1] is 'e' or 'E')))
        {
            _at++;
        }

        return double.TryParse(text[from.._at], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? new LiteralExpression(Value.Of(number))
            : throw new FormatException($"'{text[from.._at]}' is not a number");
    }

    private Expression ReadName()
    {
        var from = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '.'))
        {
            _at++;
        }

        var name = text[from.._at];
        if (name.Split('.', 2) is [var first, var column] && tables.TryGetValue(first, out var table))
        {
            if (!table.Columns.Contains(column))
            {
                throw new FormatException(
                    $"table {first} has no column '{column}'{NearestName.Question(column, table.Columns)}");
            }

            return names.Contains(table.Key)
                ? new TableExpression(table, column)
                : throw new FormatException($"table {first} is over {table.Key}, which is no parameter or capture here");
        }

        return names.Contains(name)
            ? new ReferenceExpression(name)
            : throw new FormatException(
                $"'{name}' is no parameter, capture or table{NearestName.Question(name, [.. names, .. tables.Keys])}; a text is written in quotes");
    }

    private char Peek()
    {
        while (_at < text.Length && text[_at] == ' ')
        {
            _at++;
        }

        return _at < text.Length ? text[_at] : '\0';
    }
}
