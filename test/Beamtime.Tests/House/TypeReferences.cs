using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Beamtime.Tests.House;

/// <summary>Everything that a type of a built assembly mentions: bases, members, bodies, attributes.</summary>
internal static class TypeReferences
{
    /// <summary>The types mentioned, each once.</summary>
    /// <param name="type">The type, nested ones apart.</param>
    public static IReadOnlySet<TypeReference> Of(TypeDefinition type)
    {
        Dictionary<string, TypeReference> found = [];
        Add(found, type.BaseType);
        foreach (InterfaceImplementation made in type.Interfaces)
        {
            Add(found, made.InterfaceType);
        }

        AddAttributes(found, type);
        AddParameters(found, type);
        foreach (FieldDefinition field in type.Fields)
        {
            Add(found, field.FieldType);
            AddAttributes(found, field);
        }

        foreach (PropertyDefinition property in type.Properties)
        {
            AddAttributes(found, property);
        }

        foreach (MethodDefinition method in type.Methods)
        {
            AddMethod(found, method);
        }

        return found.Values.ToHashSet();
    }

    private static void AddMethod(Dictionary<string, TypeReference> found, MethodDefinition method)
    {
        Add(found, method.ReturnType);
        AddAttributes(found, method);
        AddParameters(found, method);
        foreach (ParameterDefinition parameter in method.Parameters)
        {
            Add(found, parameter.ParameterType);
        }

        if (!method.HasBody)
        {
            return;
        }

        foreach (VariableDefinition variable in method.Body.Variables)
        {
            Add(found, variable.VariableType);
        }

        foreach (ExceptionHandler handler in method.Body.ExceptionHandlers)
        {
            Add(found, handler.CatchType);
        }

        foreach (Instruction instruction in method.Body.Instructions)
        {
            AddOperand(found, instruction.Operand);
        }
    }

    private static void AddOperand(Dictionary<string, TypeReference> found, object? operand)
    {
        switch (operand)
        {
            case TypeReference type:
                Add(found, type);
                break;
            case FieldReference field:
                Add(found, field.DeclaringType);
                Add(found, field.FieldType);
                break;
            case MethodReference method:
                Add(found, method.DeclaringType);
                Add(found, method.ReturnType);
                foreach (ParameterDefinition parameter in method.Parameters)
                {
                    Add(found, parameter.ParameterType);
                }

                foreach (TypeReference argument in (method as GenericInstanceMethod)?.GenericArguments ?? [])
                {
                    Add(found, argument);
                }

                break;
        }
    }

    private static void AddAttributes(Dictionary<string, TypeReference> found, ICustomAttributeProvider provider)
    {
        foreach (CustomAttribute attribute in provider.CustomAttributes)
        {
            Add(found, attribute.AttributeType);
            foreach (CustomAttributeArgument argument in attribute.ConstructorArguments)
            {
                Add(found, argument.Value as TypeReference);
            }
        }
    }

    private static void AddParameters(Dictionary<string, TypeReference> found, IGenericParameterProvider provider)
    {
        foreach (GenericParameterConstraint constraint in provider.GenericParameters.SelectMany(p => p.Constraints))
        {
            Add(found, constraint.ConstraintType);
        }
    }

    private static void Add(Dictionary<string, TypeReference> found, TypeReference? type)
    {
        switch (type)
        {
            case null or GenericParameter:
                return;
            case GenericInstanceType generic:
                foreach (TypeReference argument in generic.GenericArguments)
                {
                    Add(found, argument);
                }

                Add(found, generic.ElementType);
                return;
            case IModifierType modified:
                Add(found, modified.ModifierType);
                Add(found, modified.ElementType);
                return;
            case FunctionPointerType pointer:
                Add(found, pointer.ReturnType);
                foreach (ParameterDefinition parameter in pointer.Parameters)
                {
                    Add(found, parameter.ParameterType);
                }

                return;
            case TypeSpecification specification:
                Add(found, specification.ElementType);
                return;
            default:
                found.TryAdd(type.FullName, type);
                return;
        }
    }
}
