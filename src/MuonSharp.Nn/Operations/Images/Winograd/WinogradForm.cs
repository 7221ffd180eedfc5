using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Winograd's F(2x2, 3x3): 2 x 2 pixels of a convolution with a window of 3 x 3 from 4 x 4 pixels by 16 multiplications instead of 36.</summary>
/// <remarks>
/// <para>y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A, where ⊙ multiplies the 16 points; over channels and tiles that is a product of matrices at each point. In one dimension
/// Bᵀ d = (d0 - d2, d1 + d2, d2 - d1, d1 - d3), G g = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2), Aᵀ m = (m0 + m1 + m2, m1 - m2 - m3). The gradient of the filters is
/// Gᵀ [Σ over tiles (A dy Aᵀ) ⊙ (Bᵀ d B)] G; that of the images is a convolution again.</para>
/// <para>Its constants are 1 and 1/2, so that its error is that of the direct sums within a small factor. Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015.</para>
/// </remarks>
internal static unsafe class WinogradForm
{
    /// <summary>Height and width of what a tile computes.</summary>
    public const int Output = 2;

    /// <summary>Height and width of the pixels that a tile sees.</summary>
    public const int Input = 4;

    /// <summary>Height and width of the window.</summary>
    public const int Window = 3;

    /// <summary>Points that are multiplied.</summary>
    public const int Points = Input * Input;

    /// <summary>Bᵀ d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V P0, V P1, V P2, V P3) OfInput<L, V>(V d0, V d1, V d2, V d3)
        where L : struct, ILanes<V>
        where V : struct => (L.Subtract(d0, d2), L.Add(d1, d2), L.Subtract(d2, d1), L.Subtract(d1, d3));

    /// <summary>Aᵀ m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Y0, V Y1) ToOutput<L, V>(V m0, V m1, V m2, V m3)
        where L : struct, ILanes<V>
        where V : struct => (L.Add(L.Add(m0, m1), m2), L.Subtract(L.Subtract(m1, m2), m3));

    /// <summary>A dy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V P0, V P1, V P2, V P3) OfOutputGradient<L, V>(V y0, V y1)
        where L : struct, ILanes<V>
        where V : struct => (y0, L.Add(y0, y1), L.Subtract(y0, y1), L.Subtract(L.Broadcast(0), y1));

    /// <summary>G g.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V P0, V P1, V P2, V P3) OfFilter<L, V>(V g0, V g1, V g2)
        where L : struct, ILanes<V>
        where V : struct
    {
        V half = L.Broadcast(0.5f), outer = L.Add(g0, g2);
        return (g0, L.Multiply(L.Add(outer, g1), half), L.Multiply(L.Subtract(outer, g1), half), g2);
    }

    /// <summary>Gᵀ u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V G0, V G1, V G2) ToFilterGradient<L, V>(V u0, V u1, V u2, V u3)
        where L : struct, ILanes<V>
        where V : struct
    {
        V half = L.Broadcast(0.5f), sum = L.Multiply(L.Add(u1, u2), half);
        return (L.Add(u0, sum), L.Multiply(L.Subtract(u1, u2), half), L.Add(sum, u3));
    }

    /// <summary>Writes sixteen channels at the four points of a row.</summary>
    /// <param name="to">Out: the channels at the first of them.</param>
    /// <param name="point">Floats from one point to the next.</param>
    /// <param name="row">The channels at each.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L, V>(float* to, nint point, (V P0, V P1, V P2, V P3) row)
        where L : struct, ILanes<V>
        where V : struct
    {
        L.Store(to, row.P0);
        L.Store(to + point, row.P1);
        L.Store(to + (2 * point), row.P2);
        L.Store(to + (3 * point), row.P3);
    }
}
