"""examples/bert_embeddings.cpp in PyTorch: /usr/bin/python3 python_parity/examples/bert_embeddings.py"""
import torch
from torch import nn


class BertEmbeddings(nn.Module):
    def __init__(self, vocab_size=30, hidden_size=8, max_position_embeddings=16, type_vocab_size=2, pad_token_id=0):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, hidden_size, padding_idx=pad_token_id)
        self.position_embeddings = nn.Embedding(max_position_embeddings, hidden_size)
        self.token_type_embeddings = nn.Embedding(type_vocab_size, hidden_size)
        self.LayerNorm = nn.LayerNorm(hidden_size, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, input_ids, token_type_ids):
        position_ids = torch.arange(input_ids.size(1)).unsqueeze(0)
        total = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
        return self.dropout(self.LayerNorm(total + self.position_embeddings(position_ids)))


torch.manual_seed(2)
model = BertEmbeddings()
print(model)

input_ids = torch.tensor([[1, 7, 12, 2, 21, 4, 2], [1, 9, 2, 5, 2, 0, 0]])
token_type_ids = torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0]])
model.eval()
print(model(input_ids, token_type_ids))

model.train()
out = model(input_ids, token_type_ids)
print(out)
(out * out[0][0].detach()).sum().backward()
print(model.word_embeddings.weight.grad[2])
print(model.word_embeddings.weight.grad[0])
print(model.token_type_embeddings.weight.grad)
print(model.position_embeddings.weight.grad[5:9])
