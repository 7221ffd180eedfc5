using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Training;

namespace MuonSharp.Conformance.Kinds;

/// <summary>Texts, the tokens that Hugging Face's tokenizers makes of them, and the texts that these decode to; the same of a tokenizer that was written and read again.</summary>
internal static class TokenizerKind
{
    public static void Run(GoldenCase golden)
    {
        string path = golden.PathOf(golden.Text("file"));
        ITokenizer tokenizer = TokenizerFile.Load(path), again = TokenizerFile.Parse(TokenizerFile.ToBytes(tokenizer), path);
        JsonArray cases = golden.Description["cases"]!.AsArray();
        Assert.NotEmpty(cases);
        Assert.All(cases, one =>
        {
            string text = (string)one!["text"]!;
            int[] ids = Ids(one["ids"]!), special = Ids(one["ids_with_special_tokens"]!);
            foreach (ITokenizer each in new[] { tokenizer, again })
            {
                Assert.Equal(ids, each.EncodeMarked(text));
                Assert.Equal(special, (int[])[.. each.SpecialTokens.Before, .. each.EncodeMarked(text), .. each.SpecialTokens.Behind]);
                Assert.Equal((string)one["decoded"]!, each.DecodeMarked(ids));
            }
        });
    }

    private static int[] Ids(JsonNode node) => [.. node.AsArray().Select(id => (int)id!)];
}
