using System.Runtime.InteropServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>A block of floats that anyone may own: an address, a length, and what keeps it alive.</summary>
/// <remarks>The memory never moves while the block is in use. The block itself owns nothing and frees nothing.</remarks>
public readonly unsafe struct MemoryBlock : IEquatable<MemoryBlock>
{
    /// <summary>Describes memory at a fixed address.</summary>
    /// <param name="address">The first float; it stays valid as long as <paramref name="owner"/> lives.</param>
    /// <param name="length">Number of floats, at least 0.</param>
    /// <param name="owner">The object that keeps the memory alive, or null when the caller does.</param>
    /// <exception cref="ArgumentException">The length is negative, or the address is null with a positive length.</exception>
    public MemoryBlock(float* address, int length, object? owner = null)
    {
        if (length < 0 || (address is null && length > 0))
        {
            throw new ArgumentException($"[memory block] a block is an address and a length >= 0; length {length}, address "
                + (address is null ? "null" : "set"));
        }

        Address = address;
        Length = length;
        Owner = owner;
    }

    /// <summary>The first float; null for an empty block.</summary>
    public float* Address { get; }

    /// <summary>Number of floats.</summary>
    public int Length { get; }

    /// <summary>What keeps the memory alive, or null when the caller does.</summary>
    public object? Owner { get; }

    /// <summary>True when the block holds nothing, as the gradient of a parameter that is only used for inference.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The floats as a span.</summary>
    /// <exception cref="ObjectDisposedException">The buffer that owned the memory was disposed: with its store, or with its optimizer.</exception>
    /// <exception cref="InvalidOperationException">The memory does not exist yet: its store was not built.</exception>
    public Span<float> Span
    {
        get
        {
            switch (Owner)
            {
                case NativeBuffer { IsDisposed: true }:
                    throw new ObjectDisposedException(nameof(MemoryBlock), "[memory block] memory is used while its owner lives; the store or the optimizer that it belongs to was disposed");
                case MemoryToCome { Name: string name }:
                    throw new InvalidOperationException($"[parameter store] memory exists once the store is built; call Build first, then use '{name}'");
                default:
                    return new Span<float>(Address, Length);
            }
        }
    }

    /// <summary>Compares address and length.</summary>
    /// <param name="left">One block.</param>
    /// <param name="right">The other block.</param>
    public static bool operator ==(MemoryBlock left, MemoryBlock right) => left.Equals(right);

    /// <summary>Compares address and length.</summary>
    /// <param name="left">One block.</param>
    /// <param name="right">The other block.</param>
    public static bool operator !=(MemoryBlock left, MemoryBlock right) => !left.Equals(right);

    /// <summary>Pins an ordinary array for as long as the block (its <see cref="Owner"/>) is referenced.</summary>
    /// <param name="array">The floats; the optimizer reads and writes them in place.</param>
    public static MemoryBlock Of(float[] array)
    {
        var pin = new PinnedArray(array);
        return new MemoryBlock(pin.Address, array.Length, pin);
    }

    /// <summary>An empty block in the place of one whose store is not built yet.</summary>
    internal static MemoryBlock ToCome(string name) => new(null, 0, new MemoryToCome(name));

    /// <inheritdoc/>
    public bool Equals(MemoryBlock other) => Address == other.Address && Length == other.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MemoryBlock other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine((nint)Address, Length);
}

/// <summary>Stands for the memory of a tensor whose store is not built yet.</summary>
/// <param name="Name">The tensor.</param>
internal sealed record MemoryToCome(string Name);

/// <summary>Holds an array in place until the last memory block that speaks of it is gone.</summary>
internal sealed unsafe class PinnedArray
{
    private GCHandle _handle;

    public PinnedArray(float[] array) => _handle = GCHandle.Alloc(array, GCHandleType.Pinned);

#pragma warning disable MA0055 // The pin ends with the last block that refers to this object; nobody could dispose it earlier.
    ~PinnedArray() => _handle.Free();
#pragma warning restore MA0055

    public float* Address => (float*)_handle.AddrOfPinnedObject();
}
