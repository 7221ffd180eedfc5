using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>f(x) = M x (1 + sum of a_j / (x² + p_j)): the best odd rational approximation of 1 on [l, 1], by partial fractions.</summary>
/// <remarks>All a_j are positive, so nothing cancels. The constants follow from Jacobi's elliptic functions: with modulus² = 1 - l²,
/// c_i = l² sn²(u_i)/cn²(u_i), u_i = i K'/(2r+1), p_j = c_(2j-1), a_j = prod_i (c_2i - p_j) / prod_(i != j) (p_i - p_j), and M makes f oscillate evenly
/// about 1. Source: Nakatsukasa and Freund, SIAM Review 58, 2016.</remarks>
/// <param name="Multiplier">M, dimensionless.</param>
/// <param name="Poles">The terms, poles in ascending order; at least one.</param>
public sealed record ZolotarevFraction(double Multiplier, ImmutableArray<ZolotarevPole> Poles)
{
    /// <summary>r = 2 on [2e-3, 1].</summary>
    public static ZolotarevFraction Order2 { get; } = new(
        0.9619399092429731,
        [
            new(1.8960818006343168e-05, 0.009583580408643886),
            new(0.009186059628452916, 0.19260820402245848),
        ]);

    /// <summary>r = 3 on [1e-3, 1].</summary>
    public static ZolotarevFraction Order3 { get; } = new(
        0.7535808261256717,
        [
            new(2.1970018509047265e-06, 0.003576036283218174),
            new(0.00030533458938382597, 0.03501017703067776),
            new(0.03559275060056927, 0.38398244797714953),
        ]);

    /// <summary>r = 4 on [1e-3, 1].</summary>
    public static ZolotarevFraction Order4 { get; } = new(
        0.5866317333508345,
        [
            new(1.1186386040848808e-06, 0.002911110423240343),
            new(6.249901835724297e-05, 0.015937752286131562),
            new(0.0025158710490165736, 0.10046299163416517),
            new(0.1054852537341726, 0.6829743713338384),
        ]);

    /// <summary>f(x).</summary>
    /// <param name="x">A singular value as a share of the greatest.</param>
    public double Apply(double x)
    {
        double sum = 1;
        foreach (ZolotarevPole pole in Poles)
        {
            sum += pole.A / ((x * x) + pole.P);
        }

        return Multiplier * x * sum;
    }
}

/// <summary>One term a / (x² + p) of a partial fraction.</summary>
/// <param name="P">Where its pole is, relative to the square of the greatest singular value.</param>
/// <param name="A">Its weight.</param>
public readonly record struct ZolotarevPole(double P, double A);
