using System.Reflection;
using System.Runtime.CompilerServices;

namespace MuonSharp.Architecture.Tests;

/// <summary>One sorted line for every type and member of an assembly that its users can see.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly) =>
        assembly.GetExportedTypes().SelectMany(OfType).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static IEnumerable<string> OfType(Type type)
    {
        string name = TypeName.Qualified(type);
        yield return $"{name}: {Kind(type)}{Bases(type)}";
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return $"{name}.{Method(type.GetMethod("Invoke")!)}";
            yield break;
        }

        foreach (MemberInfo member in type.GetMembers(Declared).Where(m => !IsWrittenByTheCompiler(type, m)))
        {
            string? line = member switch
            {
                ConstructorInfo constructor when Visible(constructor) => $"new({Parameters(constructor)})",
                MethodInfo method when Visible(method) && !IsAccessor(method) => Method(method),
                PropertyInfo property => Property(property),
                FieldInfo field when Visible(field) => Field(type, field),
                EventInfo happening when Visible(happening.AddMethod!) => $"event {happening.Name}: {TypeName.Of(happening.EventHandlerType!)}",
                _ => null,
            };
            if (line is not null) yield return $"{name}.{line}";
        }
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum) return "enum";
        if (typeof(Delegate).IsAssignableFrom(type)) return "delegate";
        if (type.IsInterface) return "interface";
        bool record = IsRecord(type);
        if (type.IsValueType)
        {
            string immutable = type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false) ? "readonly " : "";
            return immutable + (type.IsByRefLike ? "ref " : "") + (record ? "record struct" : "struct");
        }

        string modifier = type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        return modifier + (record ? "record" : "class");
    }

    private static string Bases(Type type)
    {
        if (type.IsEnum || typeof(Delegate).IsAssignableFrom(type)) return "";
        IEnumerable<Type> inherited = (type.BaseType?.GetInterfaces() ?? []).Concat(type.GetInterfaces().SelectMany(i => i.GetInterfaces()));
        IEnumerable<string> names = type.GetInterfaces().Except(inherited)
            .Where(i => i.IsVisible && i != typeof(IEquatable<>).MakeGenericType(type.IsByRefLike ? typeof(object) : type))
            .Select(TypeName.Of).Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)) names = names.Prepend(TypeName.Of(parent));
        string list = string.Join(", ", names);
        return list.Length == 0 ? "" : " : " + list;
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        return $"{Modifiers(method)}{method.Name}{generic}({Parameters(method)}) -> {TypeName.Of(method.ReturnParameter)}";
    }

    private static string? Property(PropertyInfo property)
    {
        string accessors = string.Join(" ", property.GetAccessors(nonPublic: true).Where(Visible).Select(Accessor).Order(StringComparer.Ordinal));
        if (accessors.Length == 0) return null;
        string index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";
        return $"{Modifiers((property.GetMethod ?? property.SetMethod)!)}{property.Name}{index} {{ {accessors} }} -> {TypeName.Of(property)}";

        static string Accessor(MethodInfo method) =>
            (method.IsPublic ? "" : "protected ")
            + (method.ReturnType != typeof(void) ? "get;"
                : method.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;");
    }

    private static string Field(Type type, FieldInfo field)
    {
        if (type.IsEnum) return $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)}";
        if (field.IsLiteral) return $"const {field.Name} = {field.GetRawConstantValue()} -> {TypeName.Of(field.FieldType)}";
        return $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{field.Name} -> {TypeName.Of(field)}";
    }

    private static string Modifiers(MethodBase method)
    {
        string access = method.IsPublic ? "" : "protected ";
        string scope = method.IsStatic ? "static " : "";
        bool inInterface = method.DeclaringType!.IsInterface;
        string dispatch = method.IsAbstract ? inInterface && !method.IsStatic ? "" : "abstract "
            : method is MethodInfo { IsVirtual: true, IsFinal: false } m ? m.GetBaseDefinition() == m ? "virtual " : "override " : "";
        return access + scope + dispatch;
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = !parameter.ParameterType.IsByRef ? parameter.IsDefined(typeof(ParamArrayAttribute), inherit: false) ? "params " : ""
            : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        string fallback = parameter.HasDefaultValue ? $" = {parameter.DefaultValue switch { null => "default", string s => $"\"{s}\"", bool b => b ? "true" : "false", object o => o }}" : "";
        return $"{passing}{TypeName.Of(parameter)} {parameter.Name}{fallback}";
    }

    private static bool Visible(MethodBase method) => method.IsPublic || (Inheritable(method.DeclaringType!) && (method.IsFamily || method.IsFamilyOrAssembly));

    private static bool Visible(FieldInfo field) => field.IsPublic ? !field.IsSpecialName : Inheritable(field.DeclaringType!) && (field.IsFamily || field.IsFamilyOrAssembly);

    private static bool Inheritable(Type type) => !type.IsSealed;

    private static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsRecord(Type type) => type.GetMethod("PrintMembers", Declared) is { } print && print.IsDefined(typeof(CompilerGeneratedAttribute));

    /// <summary>Members of records that follow from the declaration say nothing new.</summary>
    private static bool IsWrittenByTheCompiler(Type type, MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute)) && member is MethodInfo { IsSpecialName: false } or MethodInfo { Name: "op_Equality" or "op_Inequality" } && IsRecord(type)
        || member is PropertyInfo { Name: "EqualityContract" }
        || (IsRecord(type) && member is ConstructorInfo constructor && constructor.GetParameters() is [{ } only] && only.ParameterType == type);
}
