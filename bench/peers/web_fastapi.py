"""POST /items/{id} with FastAPI on uvicorn, uvloop and httptools: what web_weft.cpp does."""

import sys
from typing import List, Optional

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field


class Item(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    count: int = Field(ge=1, le=1000)
    price: float = Field(gt=0)
    tags: List[str] = Field(max_items=10)
    note: Optional[str]


class StoredItem(BaseModel):
    id: int
    what: Item


app = FastAPI()


@app.post("/items/{id}", response_model=StoredItem)
async def store(id: int, what: Item):
    return StoredItem(id=id, what=what)


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="error"
    )
