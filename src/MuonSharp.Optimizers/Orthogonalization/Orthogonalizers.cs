using System.Diagnostics.CodeAnalysis;

namespace MuonSharp.Optimizers;

/// <summary>The orthogonalizers by the names that configurations and traces use.</summary>
/// <remarks>Instances hold no memory and no state: everybody gets the same ones.</remarks>
public static class Orthogonalizers
{
    private static readonly IOrthogonalizer[] s_all =
    [
        NewtonSchulz.Jordan5,
        NewtonSchulz.YouJiacheng5,
        NewtonSchulz.PolarExpress5,
        NewtonSchulz.DeepSeekV4,
        GramNewtonSchulz.Jordan5,
        GramNewtonSchulz.YouJiacheng5,
        GramNewtonSchulz.PolarExpress5,
        GramNewtonSchulz.DeepSeekV4,
        ZolotarevPolar.Order2,
        ZolotarevPolar.Order3,
        ZolotarevPolar.Order4,
        ExactPolar.Instance,
    ];

    /// <summary>All of them, in the order in which help texts list them.</summary>
    public static IReadOnlyList<IOrthogonalizer> All => s_all;

    /// <summary>Their names, such as <c>newton-schulz/jordan5</c>, in the same order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(orthogonalizer => orthogonalizer.Name)];

    /// <summary>The orthogonalizer of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>; case counts.</param>
    /// <param name="orthogonalizer">The instance, or null.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGet(string name, [NotNullWhen(true)] out IOrthogonalizer? orthogonalizer)
    {
        orthogonalizer = Array.Find(s_all, candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
        return orthogonalizer is not null;
    }

    /// <summary>The orthogonalizer of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>; case counts.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static IOrthogonalizer Get(string name) => TryGet(name, out IOrthogonalizer? orthogonalizer)
        ? orthogonalizer
        : throw new ArgumentException($"[orthogonalizer] must be one of {string.Join(", ", Names)}; '{name}'");
}
