using System.Runtime.InteropServices;

namespace MuonSharp.Optimizers;

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
