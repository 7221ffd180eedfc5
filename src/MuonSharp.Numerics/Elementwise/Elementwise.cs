namespace MuonSharp.Numerics;

/// <summary>Elementwise operations over contiguous floats, in place or not, shared among workers in chunks of fixed size.</summary>
public static unsafe class Elementwise
{
    /// <summary>Floats in a chunk: one task.</summary>
    public const int Chunk = 1 << 14;

    /// <summary>Number of tasks that an array is cut into.</summary>
    /// <param name="count">Number of floats.</param>
    /// <returns>The number of chunks.</returns>
    public static int Tasks(long count) => checked((int)((count + Chunk - 1) / Chunk));

    /// <summary>y = [y +] f(x), element by element.</summary>
    /// <typeparam name="TOperator">The operation.</typeparam>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="x">Address of the operand; may be <paramref name="y"/>.</param>
    /// <param name="y">Address of the result.</param>
    /// <param name="count">Number of floats.</param>
    /// <param name="operation">The operation's constants.</param>
    /// <param name="add">Whether the result is added to what is there.</param>
    public static void Map<TOperator>(WorkerTeam? team, float* x, float* y, long count, TOperator operation = default, bool add = false)
        where TOperator : struct, IUnaryOperator
    {
        team.RunLanes(Tasks(count), new UnaryKernel<TOperator>(x, y, count, add, operation));
    }

    /// <summary>y = [y +] f(a, b), element by element.</summary>
    /// <typeparam name="TOperator">The operation.</typeparam>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="b">Address of an operand; may be <paramref name="y"/>.</param>
    /// <param name="y">Address of the result.</param>
    /// <param name="count">Number of floats.</param>
    /// <param name="operation">The operation's constants.</param>
    /// <param name="add">Whether the result is added to what is there.</param>
    public static void Map2<TOperator>(WorkerTeam? team, float* a, float* b, float* y, long count, TOperator operation = default, bool add = false)
        where TOperator : struct, IBinaryOperator
    {
        team.RunLanes(Tasks(count), new BinaryKernel<TOperator>(a, b, y, count, add, operation));
    }
}

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
