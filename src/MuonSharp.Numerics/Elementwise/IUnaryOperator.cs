namespace MuonSharp.Numerics;

/// <summary>An elementwise operation y = f(x), implemented by a struct whose fields are its constants.</summary>
public interface IUnaryOperator
{
    /// <summary>The operation on sixteen lanes.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">The operand.</param>
    /// <returns>The result.</returns>
    V Invoke<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct;
}
