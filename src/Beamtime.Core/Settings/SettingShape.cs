using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Beamtime.Core.Settings;

/// <summary>What a setting may hold, read once at start from the types of the options classes.</summary>
/// <param name="type">The type of the values.</param>
internal abstract class SettingShape(Type type)
{
    private static readonly Dictionary<Type, SettingShape> Known = [];
    private static readonly Lock Gate = new();

    /// <summary>The type of the values, without <c>Nullable</c>.</summary>
    public Type Type { get; } = type;

    /// <summary>The kind of value, for messages and the reference.</summary>
    public abstract string Expected { get; }

    /// <summary>The shape of a type.</summary>
    /// <param name="type">A type that settings may have.</param>
    /// <exception cref="NotSupportedException">No setting may have this type.</exception>
    public static SettingShape Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        lock (Gate)
        {
            if (!Known.TryGetValue(type, out SettingShape? shape))
            {
                Known[type] = shape = Make(type);
            }

            return shape;
        }
    }

    private static SettingShape Make(Type type)
    {
        if (ScalarShape.Reads(type))
        {
            return new ScalarShape(type);
        }

        if (type == typeof(YamlNode))
        {
            return new FreeShape();
        }

        if (type.IsArray)
        {
            return new ListShape(type, type.GetElementType()!);
        }

        if (type.IsGenericType)
        {
            Type[] arguments = type.GetGenericArguments();
            if (arguments is [var item] && type.IsAssignableFrom(typeof(List<>).MakeGenericType(item)))
            {
                return new ListShape(type, item);
            }

            if (arguments is [var key, var value] && key == typeof(string)
                && type.IsAssignableFrom(typeof(Dictionary<,>).MakeGenericType(arguments)))
            {
                return new MapShape(type, value);
            }
        }

        return type is { IsClass: true, IsAbstract: false } && type.GetConstructor(Type.EmptyTypes) is not null
            ? new RecordShape(type)
            : throw new NotSupportedException($"A setting cannot be of type {type}.");
    }
}

/// <summary>Anything; the reader of the value checks it.</summary>
internal sealed class FreeShape() : SettingShape(typeof(YamlNode))
{
    /// <inheritdoc/>
    public override string Expected => "any YAML";
}

/// <summary>A list of values of one shape.</summary>
/// <param name="type">The list's type.</param>
/// <param name="item">The items' type.</param>
internal sealed class ListShape(Type type, Type item) : SettingShape(type)
{
    /// <summary>The items' type.</summary>
    public Type ItemType { get; } = item;

    /// <summary>The items' shape.</summary>
    public SettingShape Item => Of(ItemType);

    /// <inheritdoc/>
    public override string Expected => $"a list, each {Item.Expected}";
}

/// <summary>A map from names that the user chooses to values of one shape.</summary>
/// <param name="type">The map's type.</param>
/// <param name="value">The values' type.</param>
internal sealed class MapShape(Type type, Type value) : SettingShape(type)
{
    /// <summary>The values' type.</summary>
    public Type ValueType { get; } = value;

    /// <summary>The values' shape.</summary>
    public SettingShape Value => Of(ValueType);

    /// <inheritdoc/>
    public override string Expected => $"a map, each {Value.Expected}";
}

/// <summary>A map whose keys are the properties of an options class.</summary>
/// <param name="type">The options class.</param>
internal sealed class RecordShape(Type type) : SettingShape(type)
{
    /// <summary>The properties that can be set, in the order of their declaration.</summary>
    public IReadOnlyList<SettingProperty> Properties { get; } =
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .Select(p => new SettingProperty(p)),
    ];

    /// <inheritdoc/>
    public override string Expected => "a map";

    /// <summary>The property of this key, or null.</summary>
    /// <param name="key">A key in snake case.</param>
    public SettingProperty? Find(string key) => Properties.FirstOrDefault(p => p.Key == key);
}

/// <summary>One property of an options class with what its attributes say.</summary>
/// <param name="property">The property.</param>
internal sealed class SettingProperty(PropertyInfo property)
{
    /// <summary>The property.</summary>
    public PropertyInfo Property { get; } = property;

    /// <summary>Its key in snake case.</summary>
    public string Key { get; } = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    /// <summary>What it means.</summary>
    public string Description { get; } = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <summary>Its unit, or null.</summary>
    public string? Unit { get; } = property.GetCustomAttribute<UnitAttribute>()?.Symbol;

    /// <summary>Whether its value is never printed.</summary>
    public bool IsSecret { get; } = property.IsDefined(typeof(SecretAttribute)) && HoldsValues(property);

    /// <summary>Whether it must be given.</summary>
    public bool IsRequired { get; } = property.IsDefined(typeof(RequiredMemberAttribute));

    /// <summary>Whether null is a value.</summary>
    public bool IsNullable { get; } =
        Nullable.GetUnderlyingType(property.PropertyType) is not null
        || new NullabilityInfoContext().Create(property).WriteState is NullabilityState.Nullable;

    /// <summary>The fixed variables that set it.</summary>
    public IReadOnlyList<string> Variables { get; } =
        [.. property.GetCustomAttributes<EnvironmentVariableAttribute>().Select(a => a.Name)];

    /// <summary>The checks on its value.</summary>
    public IReadOnlyList<ValidationAttribute> Checks { get; } = [.. property.GetCustomAttributes<ValidationAttribute>()];

    /// <summary>What it may hold. Looked up late, since a class may contain itself.</summary>
    public SettingShape Shape => SettingShape.Of(Property.PropertyType);

    // What is hidden is decided where a value is printed; beneath a record that would be forgotten.
    private static bool HoldsValues(PropertyInfo property) =>
        SettingShape.Of(property.PropertyType) is
            ScalarShape or ListShape { Item: ScalarShape } or MapShape { Value: ScalarShape }
            ? true
            : throw new NotSupportedException($"{property.DeclaringType}.{property.Name}: [Secret] belongs on single values.");
}
