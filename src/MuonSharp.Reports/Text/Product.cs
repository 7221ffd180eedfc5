using System.Reflection;

namespace MuonSharp.Reports;

/// <summary>What this build calls itself.</summary>
internal static class Product
{
    /// <summary>The version without the commit's hash.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
