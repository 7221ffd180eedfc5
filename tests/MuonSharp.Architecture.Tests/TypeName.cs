using System.Reflection;

namespace MuonSharp.Architecture.Tests;

/// <summary>Types as one writes them in C#, with the question mark of a nullable reference.</summary>
internal static class TypeName
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    public static string Of(ParameterInfo parameter) => Of(parameter.ParameterType) + Mark(parameter.ParameterType, c => c.Create(parameter));

    public static string Of(PropertyInfo property) => Of(property.PropertyType) + Mark(property.PropertyType, c => c.Create(property));

    public static string Of(FieldInfo field) => Of(field.FieldType) + Mark(field.FieldType, c => c.Create(field));

    /// <summary>The short name: keywords where there are some, no namespace.</summary>
    public static string Of(Type type)
    {
        if (s_keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsByRef) return Of(type.GetElementType()!);
        if (type.IsPointer) return Of(type.GetElementType()!) + "*";
        if (type.IsArray) return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsGenericParameter) return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Of(underlying) + "?";
        if (type.IsFunctionPointer) return "delegate*";
        string owner = type.IsNested ? Of(type.DeclaringType!) + "." : "";
        return owner + WithArguments(type);
    }

    /// <summary>The full name with the namespace: what a line of the surface begins with.</summary>
    public static string Qualified(Type type) => $"{type.Namespace}.{Of(type)}";

    private static string WithArguments(Type type)
    {
        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : $"{type.Name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }

    private static string Mark(Type type, Func<NullabilityInfoContext, NullabilityInfo> create)
    {
        if (type.IsValueType || type.IsPointer || type.IsByRef) return "";
        NullabilityInfo info = create(new NullabilityInfoContext());
        return info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable ? "?" : "";
    }
}
