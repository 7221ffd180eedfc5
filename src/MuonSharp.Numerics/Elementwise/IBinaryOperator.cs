namespace MuonSharp.Numerics;

/// <summary>An elementwise operation y = f(a, b), implemented by a struct whose fields are its constants.</summary>
public interface IBinaryOperator
{
    /// <summary>The operation on sixteen lanes.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <returns>The result.</returns>
    V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct;
}
